"""Shape keys as characters of each kind really bring them; where each list is from stands above it."""

from __future__ import annotations

from model_runtime.contract import ARKIT_NAMES


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


# Reallusion's facial mocap sample for iClone lists its expression sets: "CC4 Standard (75)".
CHARACTER_CREATOR_4 = words(
    """Brow_Raise_Inner_L Brow_Raise_Inner_R Brow_Raise_Outer_L Brow_Raise_Outer_R Brow_Drop_L Brow_Drop_R Eye_Blink_L
    Eye_Blink_R Eye_Squint_L Eye_Squint_R Eye_Wide_L Eye_Wide_R Eye_L_Look_L Eye_R_Look_L Eye_L_Look_R Eye_R_Look_R
    Eye_L_Look_Up Eye_R_Look_Up Eye_L_Look_Down Eye_R_Look_Down Nose_Sneer_L Nose_Sneer_R Cheek_Raise_L Cheek_Raise_R
    Cheek_Puff_L Cheek_Puff_R Mouth_Smile_L Mouth_Smile_R Mouth_Frown_L Mouth_Frown_R Mouth_Stretch_L Mouth_Stretch_R
    Mouth_Dimple_L Mouth_Dimple_R Mouth_Press_L Mouth_Press_R Mouth_Pucker Mouth_Funnel Mouth_Roll_In_Upper
    Mouth_Roll_In_Lower Mouth_L Mouth_R Mouth_Shrug_Upper Mouth_Shrug_Lower Mouth_Up_Upper_L Mouth_Up_Upper_R
    Mouth_Down_Lower_L Mouth_Down_Lower_R Mouth_Close Tongue_Out Tongue_Up Tongue_Down Tongue_Tip_Up Tongue_Tip_Down
    Tongue_Narrow Tongue_Wide Tongue_Roll Tongue_L Tongue_R Tongue_Bulge_L Tongue_Bulge_R Jaw_Open Jaw_Forward Jaw_L
    Jaw_R Head_Turn_Up Head_Turn_Down Head_Turn_L Head_Turn_R Head_Tilt_L Head_Tilt_R Head_L Head_R Head_Forward
    Head_Backward"""
)
# The mouth of the same sample's "CC4 Extended", where the lips are split into quarters.
CHARACTER_CREATOR_4_EXTENDED_LIPS = words(
    """Mouth_Pucker_Up_L Mouth_Pucker_Up_R Mouth_Pucker_Down_L Mouth_Pucker_Down_R Mouth_Funnel_Up_L Mouth_Funnel_Up_R
    Mouth_Funnel_Down_L Mouth_Funnel_Down_R Mouth_Roll_In_Upper_L Mouth_Roll_In_Upper_R Mouth_Roll_In_Lower_L
    Mouth_Roll_In_Lower_R Mouth_Roll_Out_Upper_L Mouth_Push_Upper_L Mouth_Smile_Sharp_L"""
)
# Its "IC7 Standard": the older shapes, then the 52 of ARKit with a code each.
CHARACTER_CREATOR_3 = words(
    """Brow_Raise_Inner_Left Eyes_Blink Eye_Blink_L Eye_Blink_R Eye_Wide_L Mouth_Smile Mouth_Smile_L Mouth_Smile_R
    Mouth_Frown Mouth_Pucker Mouth_Open Left_Eyeball_Look_R Right_Eyeball_Look_Up
    A01_Brow_Inner_Up A02_Brow_Down_Left A03_Brow_Down_Right A04_Brow_Outer_Up_Left A05_Brow_Outer_Up_Right
    A06_Eye_Look_Up_Left A07_Eye_Look_Up_Right A08_Eye_Look_Down_Left A09_Eye_Look_Down_Right A10_Eye_Look_Out_Left
    A11_Eye_Look_In_Left A12_Eye_Look_In_Right A13_Eye_Look_Out_Right A14_Eye_Blink_Left A15_Eye_Blink_Right
    A16_Eye_Squint_Left A17_Eye_Squint_Right A18_Eye_Wide_Left A19_Eye_Wide_Right A20_Cheek_Puff A21_Cheek_Squint_Left
    A22_Cheek_Squint_Right A23_Nose_Sneer_Left A24_Nose_Sneer_Right A25_Jaw_Open A26_Jaw_Forward A27_Jaw_Left
    A28_Jaw_Right A29_Mouth_Funnel A30_Mouth_Pucker A31_Mouth_Left A32_Mouth_Right A33_Mouth_Roll_Upper
    A34_Mouth_Roll_Lower A35_Mouth_Shrug_Upper A36_Mouth_Shrug_Lower A37_Mouth_Close A38_Mouth_Smile_Left
    A39_Mouth_Smile_Right A40_Mouth_Frown_Left A41_Mouth_Frown_Right A42_Mouth_Dimple_Left A43_Mouth_Dimple_Right
    A44_Mouth_Upper_Up_Left A45_Mouth_Upper_Up_Right A46_Mouth_Lower_Down_Left A47_Mouth_Lower_Down_Right
    A48_Mouth_Press_Left A49_Mouth_Press_Right A50_Mouth_Stretch_Left A51_Mouth_Stretch_Right A52_Tongue_Out
    T01_Tongue_Up T06_Tongue_Tip_Up"""
)
# Daz Genesis 9, as its bridge to other programs lists the morphs of the base rig.
DAZ_GENESIS_9 = tuple(
    f"facs_bs_{name}"
    for name in words(
        """BrowDownLeft BrowDownRight BrowInnerUpLeft BrowInnerUpRight BrowOuterUpLeft BrowOuterUpRight
        CheekPuffLeft CheekPuffRight CheekSquintLeft CheekSquintRight EyeBlinkLeft EyeBlinkRight EyeLookDownLeft
        EyeLookDownRight EyeLookInLeft EyeLookInRight EyeLookOutLeft EyeLookOutRight EyeLookUpLeft EyeLookUpRight
        EyeSquintLeft EyeSquintRight JawForward JawLeft JawOpen JawRight MouthCloseUpperLeft MouthCloseUpperRight
        MouthCloseLowerLeft MouthCloseLowerRight MouthDimpleLeft MouthDimpleRight MouthFrownLeft MouthFrownRight
        MouthFunnelUpperLeft MouthFunnelUpperRight MouthFunnelLowerLeft MouthFunnelLowerRight MouthLeft
        MouthLowerDownLeft MouthLowerDownRight MouthPressUpperLeft MouthPressLowerLeft MouthPressUpperRight
        MouthPressLowerRight
        MouthPurseUpperLeft MouthPurseUpperRight MouthPurseLowerLeft MouthPurseLowerRight MouthRight MouthRollLowerLeft
        MouthRollLowerRight MouthRollUpperLeft MouthRollUpperRight MouthShrugLowerLeft MouthShrugLowerRight
        MouthShrugUpperLeft MouthShrugUpperRight MouthSmileLeft MouthSmileRight MouthStretchLeft MouthStretchRight
        MouthUpperUpLeft MouthUpperUpRight NoseSneerLeft NoseSneerRight JawChinCompression MouthForwardUpperLeft"""
    )
)
# MetaHuman: channels of the face mesh in its FBX and DNA.
METAHUMAN = tuple(
    f"head_lod0_mesh__{name}"
    for name in words(
        """brow_down_L brow_down_R brow_raiseIn_L brow_raiseIn_R brow_raiseOuter_L brow_raiseOuter_R eye_blink_L
        eye_blink_R eye_widen_L eye_widen_R eye_squintInner_L eye_squintInner_R eye_cheekRaise_L eye_cheekRaise_R
        eye_lookUp_L eye_lookUp_R eye_lookDown_L eye_lookDown_R eye_lookLeft_L eye_lookLeft_R eye_lookRight_L
        eye_lookRight_R nose_wrinkle_L nose_wrinkle_R mouth_left mouth_right mouth_cornerPull_L mouth_cornerPull_R
        mouth_cornerDepress_L mouth_cornerDepress_R mouth_dimple_L mouth_dimple_R mouth_stretch_L mouth_stretch_R
        mouth_upperLipRaise_L mouth_upperLipRaise_R mouth_lowerLipDepress_L mouth_lowerLipDepress_R mouth_lipsPress_L
        mouth_lipsPress_R mouth_upperLipRollIn_L mouth_upperLipRollIn_R mouth_lowerLipRollIn_L mouth_lowerLipRollIn_R
        mouth_funnel_UL mouth_funnel_UR mouth_funnel_DL mouth_funnel_DR mouth_lipsPurse_UL mouth_lipsPurse_UR
        mouth_lipsPurse_DL mouth_lipsPurse_DR mouth_lipsTowards_UL mouth_lipsTowards_UR mouth_lipsTowards_DL
        mouth_lipsTowards_DR mouth_cheekBlow_L mouth_cheekBlow_R jaw_open jaw_left jaw_right jaw_fwd jaw_chinRaise_DL
        jaw_chinRaise_DR jaw_chinRaise_UL jaw_chinRaise_UR tongue_out EcheekRaise_EsquintInner_L"""
    )
)
# Unified Expressions of VRCFaceTracking, as avatars for VRChat's face tracking have them.
UNIFIED_EXPRESSIONS = words(
    """BrowDownLeft BrowDownRight BrowInnerUpLeft BrowInnerUpRight BrowOuterUpLeft BrowOuterUpRight EyeClosedLeft
    EyeClosedRight EyeConstrict EyeDilation EyeLookDownLeft EyeLookDownRight EyeLookInLeft EyeLookInRight
    EyeLookOutLeft EyeLookOutRight EyeLookUpLeft EyeLookUpRight EyeSquintLeft EyeSquintRight EyeWideLeft EyeWideRight
    CheekPuffLeft CheekPuffRight CheekSquintLeft CheekSquintRight CheekSuckLeft CheekSuckRight LipFunnel LipPucker
    LipSuckLower LipSuckUpper JawForward JawLeft JawOpen JawRight MouthClosed MouthFrownLeft MouthFrownRight MouthLeft
    MouthLowerDown MouthPress MouthRaiserLower MouthRaiserUpper MouthRight MouthSmileLeft MouthSmileRight
    MouthStretchLeft MouthStretchRight MouthTightenerLeft MouthTightenerRight MouthUpperUp MouthUpperUpLeft
    MouthUpperUpRight NoseSneer NoseSneerLeft NoseSneerRight TongueDown TongueOut TongueUp"""
)
OCULUS_VISEMES = tuple(f"viseme_{x}" for x in words("sil PP FF TH DD kk CH SS nn RR aa E I O U"))
# Microsoft Rocketbox, the faces of 2022: visemes, ARKit's shapes in alphabetical order, then other vocabularies.
ROCKETBOX = (
    *(f"blendShape1.AA_VI_{n:02}_{name.removeprefix('viseme_')}" for n, name in enumerate(OCULUS_VISEMES)),
    *(f"blendShape1.AK_{n:02}_{name[0].upper()}{name[1:]}" for n, name in enumerate(sorted(ARKIT_NAMES), 1)),
    "blendShape1.AU_01_InnerBrowRaiser",
    "blendShape1.SR_01_Jaw_Right",
    "blendShape1._Neutral",
)
# https://docs.readyplayer.me/ready-player-me/api-reference/avatars/morph-targets
READY_PLAYER_ME_ADDITIONS = ("mouthOpen", "mouthSmile", "eyesClosed", "eyesLookUp", "eyesLookDown")
# CATS and Tuxedo for Blender sort these to the top of an avatar for VRChat.
VRCHAT = words(
    """vrc.blink_left vrc.blink_right vrc.lowerlid_left vrc.lowerlid_right vrc.v_aa vrc.v_ch vrc.v_dd vrc.v_e vrc.v_ff
    vrc.v_ih vrc.v_kk vrc.v_nn vrc.v_oh vrc.v_ou vrc.v_pp vrc.v_rr vrc.v_sil vrc.v_ss vrc.v_th"""
)
# VRoid Studio 1.x, the face of an exported VRM.
VROID = words(
    """Fcl_ALL_Neutral Fcl_ALL_Angry Fcl_ALL_Fun Fcl_ALL_Joy Fcl_ALL_Sorrow Fcl_ALL_Surprised Fcl_BRW_Angry Fcl_BRW_Fun
    Fcl_BRW_Joy Fcl_BRW_Sorrow Fcl_BRW_Surprised Fcl_EYE_Natural Fcl_EYE_Angry Fcl_EYE_Close Fcl_EYE_Close_R
    Fcl_EYE_Close_L Fcl_EYE_Fun Fcl_EYE_Joy Fcl_EYE_Joy_R Fcl_EYE_Joy_L Fcl_EYE_Sorrow Fcl_EYE_Surprised Fcl_EYE_Spread
    Fcl_EYE_Iris_Hide Fcl_EYE_Highlight_Hide Fcl_MTH_Close Fcl_MTH_Up Fcl_MTH_Down Fcl_MTH_Angry Fcl_MTH_Small
    Fcl_MTH_Large Fcl_MTH_Neutral Fcl_MTH_Fun Fcl_MTH_Joy Fcl_MTH_Sorrow Fcl_MTH_Surprised Fcl_MTH_SkinFung
    Fcl_MTH_SkinFung_R Fcl_MTH_SkinFung_L Fcl_MTH_A Fcl_MTH_I Fcl_MTH_U Fcl_MTH_E Fcl_MTH_O Fcl_HA_Hide Fcl_HA_Fung1
    Fcl_HA_Short"""
)
# MikuMikuDance, the usual names.
MMD = words(
    """まばたき 笑い ウィンク ウィンク右 ウィンク２ ｳｨﾝｸ２右 びっくり あ い う え お
    ▲ ∧ ω にやり 口角上げ 口角下げ 真面目 困る 怒り 上 下"""
)
# Daz Genesis 8, the visemes of its faces.
DAZ_VISEMES = tuple(f"eCTRLv{x}" for x in words("AA EE EH ER F IH IY K L M OW S SH T TH UW W"))
# Character Creator 4's eight visemes, and the fifteen of Character Creator 3.
CHARACTER_CREATOR_VISEMES = words("V_Open V_Explosive V_Dental_Lip V_Tight_O V_Tight V_Wide V_Affricate V_Lip_Open")
CHARACTER_CREATOR_3_VISEMES = words("EE Er IH Ah Oh W_OO S_Z Ch_J F_V TH T_L_D_N B_M_P K_G_H_NG AE R")

# Emphatic mouths, in ARKit's curves without their sides, of which the Oculus visemes of a test character are made.
EMPHATIC_VISEMES = {
    "aa": {"jawOpen": 0.55},
    "E": {"jawOpen": 0.35, "mouthStretch": 0.18, "mouthLowerDown": 0.12, "mouthUpperUp": 0.06},
    "I": {"jawOpen": 0.16, "mouthStretch": 0.22, "mouthSmile": 0.14, "mouthLowerDown": 0.18, "mouthUpperUp": 0.07},
    "O": {"jawOpen": 0.42, "mouthFunnel": 0.36, "mouthPucker": 0.32},
    "U": {"jawOpen": 0.12, "mouthFunnel": 0.34, "mouthPucker": 0.95},
    "PP": {"mouthPress": 0.3, "mouthRollLower": 0.15, "mouthRollUpper": 0.12},
    "FF": {"jawOpen": 0.09, "mouthClose": 0.045, "mouthRollLower": 0.45, "mouthUpperUp": 0.2},
    "CH": {"jawOpen": 0.08, "mouthFunnel": 0.42, "mouthPucker": 0.33},
    "SS": {"jawOpen": 0.08, "mouthStretch": 0.13, "mouthLowerDown": 0.22, "mouthUpperUp": 0.1},
    "TH": {"jawOpen": 0.13, "mouthLowerDown": 0.16, "mouthUpperUp": 0.07, "tongueOut": 0.2},
}
