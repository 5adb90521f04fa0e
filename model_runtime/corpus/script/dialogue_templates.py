"""The words of the dialogue grammar: templates by the feeling that they suit, the choices for their slots, listeners' words, laughs.

The words that gestures hang on (I, you, we, no, stop, all, big, here, there, maybe, never, think, questions, lists, contrasts,
numbers) occur often on purpose.
"""

from __future__ import annotations

SLOTS: dict[str, tuple[str, ...]] = {
    "name": ("Bob", "Emma", "Peter", "Fiona", "Marvin", "Paula", "Victor", "Amy", "Philip", "Beth", "Sam", "Vera", "Tom", "Bibi", "Oliver", "Maeve"),
    "thing": ("map", "blue lamp", "broken cup", "piano", "big paper box", "bicycle", "photograph", "window", "coffee pot", "old film camera", "purple umbrella",
              "puppet", "violin", "telephone", "pumpkin pie", "piece of furniture", "private letter", "five pound fish", "wooden boat", "birthday present"),
    "place": ("the beach", "my apartment", "the old theatre", "the bus stop", "the market", "the library", "the river", "the village", "the office",
              "a small cafe", "the museum", "the top of the hill", "the farm", "the balcony", "the rehearsal room", "the big park"),
    "time": ("tomorrow", "in five minutes", "on Monday", "before breakfast", "after lunch", "this evening", "every morning", "next week", "at half past seven", "by midnight"),
    "past": ("yesterday", "last night", "on Sunday", "an hour ago", "this morning", "last summer"),
    "person": ("my mother", "the boss", "my neighbour", "your brother", "the doctor", "our teacher", "that woman", "the man upstairs", "a friend of mine", "the police"),
    "good": ("brilliant", "wonderful", "perfect", "beautiful", "very brave", "absolutely fine", "my favourite", "better than before", "amazing", "pretty good"),
    "bad": ("terrible", "impossible", "awful", "boring", "ridiculous", "far too expensive", "a bit strange", "completely broken", "unfair", "dangerous"),
    "verb": ("move", "open", "paint", "sell", "bring", "borrow", "fix", "find", "throw away", "buy back", "carry", "wrap up", "push", "give up", "keep"),
    "feeling": ("happy", "angry", "afraid", "tired", "surprised", "proud", "confused", "embarrassed", "hungry", "lonely", "so relieved", "quite nervous"),
    "number": ("two", "three", "four", "five", "seven", "ten", "fifteen", "fifty", "a hundred", "half a million"),
    "job": ("a plumber", "a pilot", "an actor", "a baker", "a nurse", "a painter", "a farmer", "a lawyer", "a drummer", "a bus driver"),
    "food": ("apple pie", "pepper soup", "bread and butter", "fried fish", "a bowl of rice", "mushroom pasta", "plum jam", "vanilla pudding"),
    "size": ("tiny", "enormous", "this wide", "as tall as a house", "no bigger than my thumb", "huge", "twice as long", "wafer thin"),
    "way": ("left", "right", "straight ahead", "up the stairs", "down the hill", "across the bridge", "round the corner", "through the gate"),
}  # fmt: skip

# By feeling: a group of ``contract.EMOTION_GROUPS``, or "" for what anybody may say.
TEMPLATES: dict[str, tuple[str, ...]] = {
    "": (
        # about oneself
        "I never wanted to {verb} the {thing}.", "I think I left my {thing} at {place}.", "I am {feeling}, to be honest.", "Me? I was at {place} the whole time.",
        "I've been waiting here for {number} hours.", "I told {person} about it {past}.", "I really don't know what to say.", "I used to be {job}, you know.",
        "I promise I will {verb} it {time}.", "My feet hurt and my back hurts, but I feel {good}.", "I can't {verb} everything by myself.", "I believe you. I just don't like it.",
        "I have an idea, and it's a big one.", "I was so {feeling} that I forgot my own name.", "I'd love some {food}, if you have any.", "For me, it was {good}.",
        "I made {food} for both of us.", "I bumped my head on the {thing} again.", "I move to {place} {time}, and I'm {feeling} about it.",
        "I saw {person} at {place}, and guess what happened.", "Maybe I'm wrong, but that looks like your {thing}.", "I simply have to {verb} this {thing}.",
        "I always put my {thing} over there, by the door.", "I'm not {feeling}, I'm only thinking.", "I remember every word of it.",
        "If you ask me, we should {verb} all of them.", "I know what I saw, and I saw a {thing} on the roof.", "I had {number} of them {past}, and now I have none.",
        "I didn't say a word to anybody, not to you, not to {name}.", "I grew up near {place}, on the other side.", "All I need is a {thing} and {number} minutes of peace.",
        "I'll tell you what I think: {name} did it.", "Personally, I'd {verb} the whole lot.", "I thought about it all night, and I still don't know.",
        # about the other and both
        "You always say that.", "You look {feeling} today.", "You were {good} {past}, I mean it.", "You promised me, {name}. You promised.", "You must {verb} the {thing} first.",
        "You could have called me from {place}.", "You and I both know that isn't true.", "We have to {verb} this together.", "We met at {place}, remember?", "We are all {feeling}, not only you.",
        "We should leave {time}.", "We've got {number} days left, maybe less.", "We both made mistakes, and we both paid for them.", "Between you and me, it was {bad}.",
        "You have a very good voice, {name}.", "You stay here, and I'll go over there.", "We'll find a way. We always do.", "You never listen to me.", "You're my best friend, you know that.",
        "You go {way}, I go {way}, and we meet in the middle.", "We could share it: half for you, half for me.", "You're the one who wanted a {thing}, not me.",
        "Our table is over there, next to the {thing}.", "We never talk about {place} any more.", "You said {number}. I clearly remember, you said {number}.",
        # questions
        "What are you doing here?", "Where did you put the {thing}?", "Why would anybody {verb} a {thing}?", "How was {place}?", "Who told you that, {person}?", "Did you {verb} the {thing} yet?",
        "Have you ever been to {place}?", "Do you think {person} will come {time}?", "Can you help me {verb} this?", "Would you like some {food}?", "Is everybody coming {time}, or only {name}?",
        "What do you mean by that?", "Are you {feeling}, or is it just me?", "Could we talk about it {time}?", "Since when are you {job}?", "And what did {person} say?",
        "How many do we need, {number} or {number}?", "Isn't that {bad}?", "Which one is yours, this one or that one?", "Why not?", "Who, me?", "What if nobody comes?",
        "What would you do if you were me?", "How far is it from here to {place}?", "Do I turn {way}, or {way}?", "What happened to your {thing}?", "When did you last see {person}?",
        "Do you want the good news or the bad news?", "How big is it, exactly?", "Who else knows about this?", "What were you thinking?", "Where shall I put it, here or over there?",
        # answers, agreement
        "Yes, of course.", "Yes, absolutely. I'd be happy to.", "Sure, why not?", "That's exactly what I mean.", "Of course we can.", "Okay, fine, you win.", "Right, that makes sense.", "I agree with you, mostly.",
        "Very well, {time} then.", "Yeah, maybe so.", "You're right about {person}.", "Mm, that may be the best way.", "Perfect. Let's begin.", "Fine by me.",
        "Yes, and the {thing} as well.", "True, I hadn't thought of that.", "Exactly. That's the whole idea.", "Yes, I was there, I saw all of it.", "All right, {number} it is.", "Sure, take as many as you like.",
        # refusals, stops
        "No.", "No, no, no, not the {thing}!", "No way, that is {bad}.", "Never. Not in a million years.", "Absolutely not.", "I don't want to {verb} it.",
        "No, I have never been to {place}.", "Don't {verb} that!", "Please don't move.", "Wait, wait. Give me a moment.", "Hold on, that's not what happened.", "Not now, {name}. Maybe {time}.",
        "No, nothing, never mind.", "Leave it. It's only a {thing}.", "I'm not going to {verb} anything for {person}.", "No, it isn't {bad}, it's only new.", "Nobody said that. Nobody.",
        "Not {number}. I said {number}.", "Wait, stop, go back. What was that about {person}?", "Neither this one nor that one, thank you.", "There is no {thing}. There never was.", "No, you can't {verb} it, and neither can I.",
        # explanations, lists, contrast, shapes, places
        "First we {verb} the {thing}, then we {verb} the other one, and after that we go home.", "On the one hand it's {good}, on the other hand it's {bad}.", "It was this big, maybe bigger.",
        "The whole thing fell down, all of it, right in front of {person}.", "Everything is {bad}: the food, the music, the people, everything.", "There are {number} reasons, and you know every one of them.",
        "The {thing} is over there, behind the {thing}.", "It started small, but it grew and grew, and now it is huge.", "Somebody has to {verb} it, and it won't be me.", "However you look at it, we need {number} more.",
        "Up there you can see {place}, and down there is the river.", "{person} came in, took the {thing}, and left without a word.", "It goes round and round until somebody stops it.",
        "The problem isn't the {thing}. The problem is {person}.", "Imagine {number} people in one room, all of them talking.", "For example, take {name}. Never late, always {feeling}.",
        "Between {place} and {place} there's nothing, nothing at all.", "Either we {verb} it now, or we wait until {time}.", "Some say it's {good}, others say it's {bad}. I say both.",
        "Bob brought bread, Paula brought plums, and Philip brought five fat fish.", "The film was about a family of five who move above a funny old fire station.", "Everyone knows {name} from {place}.",
        "It's not about money, it's about time.", "Just put it over here, next to me.", "That's the point. That's the whole point.", "By the way, {person} was asking about you.", "The show begins {time}, so bring an umbrella.",
        "Believe it or not, the {thing} still works.", "My father was {job}, and his father was {job} as well.", "Even {name} would never do that, and {name} would do almost anything.",
        "One, the {thing}. Two, the {thing}. Three, nobody asked me.", "Go {way}, past {place}, and it's the second door.", "It was {size}, and it came straight at me.",
        "You take the top, I take the bottom, and then we lift.", "The old one was {size}, but the new one is {size}.", "Not the {thing} on the left, the {thing} on the right.",
        "Here is the door, here is the table, and there, by the window, stood {person}.", "In the morning it's {good}, by the evening it's {bad}.", "There were {number} of us in the beginning, and {number} in the end.",
        "On top there's the {thing}, under it the {thing}, and inside, nothing.", "The more you {verb}, the less you have.", "It opens like this, and it closes like that.",
        "From here to the wall, all of that belongs to {person}.", "That is one way to see it. Here is another.", "As long as nobody touches the {thing}, we are safe.", "It's simple: they {verb}, we {verb}, everybody goes home.",
        # requests, offers
        "Come here, I want to show you something.", "Give me the {thing}, please.", "Here, take mine.", "Let me help you with that.", "Please, sit down.", "Look at me. Breathe. You're fine.", "Listen to me for a minute.",
        "Tell me about {place}.", "Bring me a cup of coffee, and I will forgive you.", "After you, please.", "Maybe you could ask {person}.", "Let's go to {place} {time}.", "Put it back before {person} sees it.",
        "Walk with me, it's not far.", "Let's try it one more time from the beginning.", "Be quiet for a moment. Did you hear that?", "Follow me, it's over there.", "Keep the {thing}. It's a present.",
        "Have some {food}, I made far too much.", "Show me with your hands, how big was it?", "Think about it, and tell me {time}.", "Let me show you: you hold it here, and you pull there.", "Ask me anything, anything at all.",
        # meeting and parting
        "Goodbye, {name}, and be careful.", "Good morning! Is it {number} o'clock already?", "Hello there, you must be {name}.", "Hi, {name}. Come in, come in.", "See you {time}.", "Good evening, and welcome to {place}.",
    ),
    "joy": (
        "Yes! That is {good}!", "Oh my, that's {good}!", "Happy birthday, {name}!", "Thank you so much for coming.", "I'm so proud of you!", "Bravo, {name}, bravo!", "Finally! I've been looking for that everywhere.",
        "Welcome back, we missed you.", "I feel much better now.", "We did it! We really did it!", "I could dance, right here, on this table.", "This is the best {food} I've ever had.", "You made my day, you really did.",
        "Guess who got the part? Me! I got the part!", "I love it. I love every single bit of it.", "Look at us, {number} years, and still laughing.", "What a day. The sun, the sea, and all my friends.",
        "Tell everyone: the {thing} is found!", "I can't stop smiling, look at me.", "You came all the way from {place} for me? You're wonderful.", "Everything worked, everything, from the first minute to the last.",
        "Oh, that is so funny. Tell it again!", "I knew you could do it, I always knew.", "Next week we go to {place}, all of us, the whole family!", "It's a girl! {number} pounds, and she has your nose.",
    ),
    "anger": (
        "Stop. Stop right there.", "Stop it, {name}, please.", "That's enough, both of you.", "Oh, come on, be fair.", "Forget it. It's {bad}.", "How dare you {verb} my {thing}!", "I've told you {number} times. {number} times!",
        "Get out. Get out of my house, now.", "You lied to me. You looked at me and you lied.", "Don't you ever do that again.", "I am not shouting! You are shouting!", "This is all your fault, all of it.",
        "Enough! I don't want to hear one more word.", "Who do you think you are, {person}?", "You broke it, so you pay for it.", "Every time! Every single time the same story!", "Give it back. Give it back right now.",
        "No! No more excuses, no more promises, no.", "You had one job. One!", "I worked for {number} years, and what do I get? Nothing!", "Take your {thing} and go.", "Don't point at me, look at yourself.",
        "That is my chair, my table, and my {thing}.", "I won't stand here and be treated like this.", "What is wrong with you people?",
    ),
    "sadness": (
        "I'm sorry, I didn't mean it that way.", "Poor {name}, always so {feeling}.", "I miss {place}. I miss all of it.", "There's nothing left for me here.", "She was here for {number} years, and now the chair is empty.",
        "I should have said something, and I didn't.", "It's over. It's really over.", "I can't do this any more.", "Nobody came, you know. Not one of them.", "I keep thinking about that evening.",
        "He gave me this {thing}, and a week later he was gone.", "Maybe it was my fault. Maybe it was always my fault.", "I waited until midnight, and then I went home alone.", "I don't feel like eating, thank you.",
        "We used to talk every day, and now we don't.", "Please forgive me. I was wrong.", "I'm tired, that's all. Just tired.", "It hurts, but it will pass, they say.", "I had such hopes for us.", "Some things you can't {verb}, and this is one of them.",
    ),
    "fear": (
        "I hope nobody heard me.", "That was close.", "Did you hear that? There, behind the door.", "Don't go in there, please don't go in there.", "Somebody is following us, I'm sure of it.", "What if {person} finds out?",
        "My hands are shaking, look at them.", "Please, please, stay here with me.", "I can't look. Tell me when it's over.", "There's something under the {thing}, and it moved.", "We have to leave, now, before it gets dark.",
        "Shh! Not so loud, they can hear us.", "I've got a bad feeling about {place}.", "It's too high, I can't, I'll fall.", "They said {number} minutes, and then the lights go out.", "Help me, I don't know what to do.",
        "What was that? Was that you?", "I'm not afraid. All right, maybe I am afraid.", "Promise me you won't tell {person}.", "Keep away from the edge, it's {bad}.",
    ),
    "surprise": (
        "Wow, look at that big {thing}!", "Unbelievable!", "Well, well, well, look who's here.", "Are you serious?", "Really? All of it?", "Ah, there you are.", "Hm, let me think about it.", "You sold the {thing}? For {number}?",
        "Wait, you're {job}? Since when?", "What? No! When did that happen?", "I never would have guessed, never.", "It was here a minute ago, and now it's gone!", "Where on earth did you get a {thing}?", "Hang on, so {name} is your brother?",
        "I opened the box, and inside was another box!", "{number}? I thought there were only {number}!", "So that's how it works. How strange.", "I don't understand. You were at {place}, and also here?", "Well, I did not expect that.", "How is that even possible?",
    ),
    "disgust": (
        "What a {bad} morning.", "Ugh, what is that smell?", "Take it away, I don't even want to see it.", "There's a hair in my {food}.", "That is the worst thing I've ever tasted.", "You put fish in the pudding? Fish?",
        "Don't touch it, it's all sticky.", "Who left this here? It's green, and it's growing.", "I'm never eating at {place} again.", "Look at this mess. Just look at it.", "He didn't even wash his hands. Not even once.", "No, thank you, I've seen the kitchen.",
        "It's been in the fridge for {number} weeks.", "How can you live like this?", "That story makes me sick, stop it.", "Yuck, it's wet, and it moves.",
    ),
    "neutral": (
        "The next bus leaves {time} from {place}.", "The meeting is {time}, on the second floor.", "There are {number} copies, one for each of us.", "The keys are on the table, next to the {thing}.", "It takes about {number} minutes on foot.",
        "The form has two pages: one for you and one for {person}.", "They open {time} and close at six.", "I put the {thing} on the left and the letters on the right.", "Page {number}, third line from the top.", "It costs {number} in summer and less in winter.",
        "The weather was the same {past}.", "Sign here, and here, and once more down there.", "{person} called {past} about the {thing}.", "We need bread, butter, {number} eggs, and some milk.", "The office is {way}, the second door.", "I've written it down, I'll send it to you {time}.",
    ),
}  # fmt: skip

# A listener's short words and laughs; those of the test split are never heard in training.
BACKCHANNELS: dict[str, tuple[str, ...]] = {
    "train": (
        "Uh huh.", "Mm hm.", "Really?", "I see.", "Oh.", "Right.", "Wow.", "Hm.", "Okay.", "Oh no.", "Of course.", "Maybe.", "Yeah.", "Yes.", "Sure.", "Mm.", "No way.", "I know.", "Oh yes.",
        "True.", "Exactly.", "Ah.", "Good.", "Oh, okay.", "Oh, wow.", "Yeah, yeah.", "Right, right.", "Hm, yes.", "Is that so?", "Sure, sure.",
    ),
    "test": ("Go on.", "No kidding.", "Beautiful.", "Oh dear.", "Quite.", "Indeed.", "Oh, I see.", "Uh huh, uh huh.", "Fair enough.", "Huh.", "Oh, right.", "Well, yes."),
}  # fmt: skip
LAUGHS: dict[str, tuple[str, ...]] = {
    "train": ("Ha ha ha.", "Ha ha ha ha.", "Heh heh heh.", "Ha ha.", "Heh heh heh heh heh.", "Ha ha ha ha ha ha."),
    "test": ("Heh heh.", "Heh heh heh heh.", "Ha ha ha ha ha."),
}
