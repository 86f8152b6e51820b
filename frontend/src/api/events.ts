/** Live events: one stream per page that listens. The browser reconnects by itself; `reset` says that something may be missed. */
import { useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";
import { session } from "./session";

export interface LiveEvent {
  readonly topic: string;
  readonly model: string;
  readonly data: Readonly<Record<string, unknown>>;
}

function parsed(topic: string, text: string): LiveEvent | null {
  try {
    const body = JSON.parse(text) as { model?: unknown; data?: unknown };
    const data = typeof body.data === "object" && body.data !== null ? (body.data as Record<string, unknown>) : {};
    return { topic, model: typeof body.model === "string" ? body.model : "", data };
  } catch {
    return null;
  }
}

/** Hears the topics while mounted; answers whether the stream is open. */
export function useLiveEvents(topics: readonly string[], heard: (event: LiveEvent) => void): boolean {
  const [open, setOpen] = useState(true);
  const tell = useEffectEvent((topic: string, text: string) => {
    const event = parsed(topic, text);
    if (event) heard(event);
  });
  const names = topics.join(" ");
  const signedIn = useSyncExternalStore(session.subscribe, () => session.get().kind === "in");
  useEffect(() => {
    if (!signedIn) return undefined;
    const source = new EventSource("/api/v1/events");
    let closing: ReturnType<typeof setTimeout> | undefined;
    source.onopen = () => {
      clearTimeout(closing);
      setOpen(true);
    };
    source.onerror = () => {
      clearTimeout(closing);
      closing = setTimeout(() => setOpen(source.readyState === EventSource.OPEN), 3000);
    };
    for (const topic of [...names.split(" "), "reset"]) {
      source.addEventListener(topic, (event: MessageEvent<string>) => tell(topic, event.data));
    }
    source.addEventListener("signed_out", () => session.lost());
    return () => {
      clearTimeout(closing);
      source.close();
    };
  }, [names, signedIn]);
  return open;
}
