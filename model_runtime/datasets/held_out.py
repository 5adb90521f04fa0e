"""The captured clips that composing never uses, for good: real motion that composed motion is compared with.

About a fifth of the clips of use in a conversation, of each performer, with all their variants. Two performers of
walks, CMU's subjects 05 and 06, are held out whole. Do not move a clip out of this list: networks have been trained on
all others.
"""

from __future__ import annotations

HELD_OUT_SPLIT = "held_out"
_ROCKETBOX = """
f_walk_stroll_01 f_walk_stroll_02 f_walk_cool_01 f_walk_cool_02 f_turn_left_60_to_walk f_turn_right_60_to_walk
f_idle_neutral_03 f_idle_breathe_03 f_idle_move_01 f_idle_look_around_03 f_idle_touch_face_01 f_idle_scratch_head_01
f_idle_shake_arms_01 f_gestic_presentation_left_01 f_gestic_thoughtful_01 f_gestic_shrug_02 f_gestic_laugh_low
f_gestic_listen_neutral_01 f_gestic_listen_sad_01 f_gestic_listen_accept_05 f_gestic_listen_accept_01
f_gestic_listen_deny_05 f_sit_chair_idle_touch_face f_sit_table_idle_touch_face f_sit_chair_idle_yawn
f_sit_table_idle_yawn f_sit_table_idle_neutral_02 f_sit_chair_gestic_shrug_02 f_sit_table_gestic_shrug_02
f_sit_table_idle_stretch_arms
m_walk_cool_01 m_walk_cool_02 m_walk_stroll_01 m_walk_stroll_02
m_idle_neutral_09 m_idle_breathe_02 m_idle_touch_face_02 m_idle_look_around_03 m_idle_dust_02 m_idle_roll_head_01
m_gestic_shrug_02 m_gestic_listen_accept_05 m_gestic_listen_accept_02 m_gestic_listen_deny_06 m_gestic_laugh_extreme
m_sit_chair_idle_look_around m_sit_table_idle_look_around m_sit_chair_gestic_thoughtful m_sit_table_gestic_thoughtful
m_sit_chair_idle_dust m_sit_table_idle_dust m_sit_chair_idle_scratch_head
"""
_CMU = "05_01 06_01 07_06 07_11"
_HIFI = "talk_righthand idle_RFF_all idle_once_slownod idle_once_checkwatch idle_LFF_to_neutral walk_fwd_b"
HELD_OUT_CLIPS = frozenset(
    f"{source}/{name}"
    for source, names in (("rocketbox", _ROCKETBOX), ("cmu", _CMU), ("hifi", _HIFI))
    for name in names.split()
)
