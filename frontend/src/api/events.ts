import type { JobHistory } from "./gen";

export type StudioEvent = JobHistory["events"][number];
export type Connection = "connecting" | "open" | "lost";

const EVENT_NAMES = ["message", "job", "preview", "queue", "download", "reset"] satisfies (
  | "message"
  | StudioEvent["type"]
)[];
const REOPEN_MS = 2000;

/** Reads the studio's stream of events until the returned function is called; heals whatever breaks it. */
export function openEvents(
  url: string,
  onEvent: (event: StudioEvent) => void,
  onConnection: (connection: Connection) => void,
): () => void {
  let source: EventSource;
  let reopening: ReturnType<typeof setTimeout> | undefined;

  const receive = (message: MessageEvent<string>) => onEvent(JSON.parse(message.data));
  const open = () => {
    source = new EventSource(url);
    source.onopen = () => onConnection("open");
    source.onerror = () => {
      onConnection("lost");
      // EventSource resumes a dropped connection itself, but gives up for good on an HTTP error.
      if (source.readyState === EventSource.CLOSED) reopening = setTimeout(open, REOPEN_MS);
    };
    for (const name of EVENT_NAMES) source.addEventListener(name, receive);
  };

  open();
  return () => {
    clearTimeout(reopening);
    source.close();
  };
}
