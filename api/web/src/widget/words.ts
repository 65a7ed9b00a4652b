import type { HandOver } from "./protocol";

/** What the widget says of itself. A site may say its own title and greeting by the script tag. */
export const words = {
  title: "Chat with us",
  about: "Automated assistant",
  greeting: "Hello. What would you like to know? I answer from approved sources, and bring in a person where that is better.",
  open: "Open the chat",
  close: "Close the chat",
  again: "Start over",
  log: "Conversation",
  field: "Your message",
  placeholder: "Write a message",
  send: "Send",
  you: "You said",
  assistant: "Assistant",
  writing: "Writing a reply",
  sources: "Sources",
  newTab: "opens in a new tab",
  orType: "Pick one, or write it in your own words.",
  decline: "I'd rather not say",
  revised: "Updated",
  revisedAloud: "The reply was updated:",
  silent: "There is nothing that I can say on this. Try other words, or ask for a person.",
  retry: "Try again",
  left: (characters: number): string => `${characters} characters left`,
  restored: "Your earlier conversation is shown.",
} as const;

/** Why a turn failed, in plain words. */
export const failures = {
  offline: "You seem to be offline. Your message was not sent.",
  unreached: "The chat could not be reached. Check your connection and try again.",
  cut: "The connection broke off before the reply was complete.",
  busy: "That was a lot at once. Please wait a moment, then try again.",
  closed: "The chat is not available on this page.",
  refused: "The message could not be taken. Please put it another way.",
  broken: "Something went wrong on our side. Your message is still here.",
} as const;

export type Failure = keyof typeof failures;

/** What a hand-over means for the visitor: said as it is, also where nobody is free. */
export function handOverWords({ how, isSomebodyFree }: HandOver): { head: string; text: string } {
  if (how === "route" && isSomebodyFree) {
    return { head: "A person takes over", text: "A colleague has been told, with a summary of this conversation. You need not repeat anything." };
  }
  if (how === "meeting" && isSomebodyFree) {
    return { head: "Meet a person", text: "A colleague takes this up with you, with a summary of this conversation. Write here which days suit you." };
  }
  return {
    head: "Nobody is free right now",
    text: "Your message is kept for the team. Write here how to reach you, and a person will come back to you.",
  };
}
