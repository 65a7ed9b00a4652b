// A page with a chat, as somebody would build it with `useChat`: nothing of Segue's own but the names of its data.
import {useChat} from "@ai-sdk/react";
import {DefaultChatTransport} from "ai";
import React from "react";
import {createRoot} from "react-dom/client";

const parameters = new URLSearchParams(location.search);
const [url, key] = [parameters.get("service"), parameters.get("key")];
const kept = (name, make) => localStorage[name] ?? (localStorage[name] = make());
const chatId = kept("chat", () => `chat-${crypto.randomUUID()}`);
const visitor = parameters.get("visitor") ?? kept("visitor", () => `visitor-${crypto.randomUUID()}`);
const headers = {Authorization: `Bearer ${key}`};
const transport = new DefaultChatTransport({
  api: `${url}/v1/chat`,
  headers,
  prepareSendMessagesRequest: ({id, messages, trigger, messageId}) => ({
    body: {id, message: messages.at(-1), trigger, messageId, visitor, context: {path: location.pathname}},
  }),
  prepareReconnectToStreamRequest: ({id}) => ({api: `${url}/v1/chat/${id}/stream?visitor=${visitor}`, headers}),
});

function Part({part, press}) {
  if (part.type === "text") return <p>{part.text}</p>;
  if (part.type === "source-url") return <a href={part.url}>{part.title}</a>;
  if (part.type === "data-handover") return <em>{part.data.how}</em>;
  if (part.type === "data-answer") return <q>{String(part.data.value)}</q>;
  if (part.type !== "data-question") return null;
  const {trait, question, answers, may_decline: mayDecline} = part.data;
  const buttons = mayDecline ? [...answers, {label: "Rather not say", value: null}] : answers;
  return (
    <fieldset>
      <legend>{question}</legend>
      {buttons.map(({label, value}) => (
        <button key={label} onClick={() => press({trait, value})}>{label}</button>
      ))}
    </fieldset>
  );
}

function Chat({before}) {
  const {messages, sendMessage, regenerate, status, error} = useChat({
    id: chatId, messages: before, transport, resume: true,
  });
  const press = (data) => sendMessage({parts: [{type: "data-answer", data}]});
  const submit = (event) => {
    event.preventDefault();
    sendMessage({text: event.target.elements.said.value});
    event.target.reset();
  };
  return (
    <main data-status={status}>
      {messages.map((message) => (
        <article key={message.id} data-role={message.role} data-turn={message.metadata?.turn}>
          {message.parts.map((part, number) => <Part key={number} part={part} press={press} />)}
        </article>
      ))}
      {error && <strong>{error.message}</strong>}
      <form onSubmit={submit}><input name="said" aria-label="Your message" /></form>
      <button id="again" onClick={() => regenerate()}>Again</button>
    </main>
  );
}

const history = await fetch(`${url}/v1/chat/${chatId}?visitor=${visitor}`, {headers});
const before = history.ok ? (await history.json()).messages : [];
createRoot(document.getElementById("root")).render(<Chat before={before} />);
