import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Connection, openEvents, type StudioEvent } from "./events";

class Source extends EventTarget {
  static readonly CLOSED = 2;
  static opened: Source[] = [];
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    super();
    Source.opened.push(this);
  }

  send(event: StudioEvent) {
    this.dispatchEvent(new MessageEvent(event.type ?? "message", { data: JSON.stringify(event) }));
  }

  fail(readyState: number) {
    this.readyState = readyState;
    this.onerror?.();
  }

  close() {
    this.readyState = Source.CLOSED;
  }
}

const events: StudioEvent[] = [];
const connections: Connection[] = [];
let close: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Source);
  events.length = connections.length = Source.opened.length = 0;
  close = openEvents(
    "/events",
    (event) => events.push(event),
    (state) => connections.push(state),
  );
});
afterEach(() => {
  close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("events arrive as they were sent", () => {
  Source.opened[0]?.onopen?.();
  Source.opened[0]?.send({ type: "reset" });
  expect(events).toEqual([{ type: "reset" }]);
  expect(connections).toEqual(["open"]);
});

test("a dropped connection is left to the browser, which resumes it", () => {
  Source.opened[0]?.fail(0);
  vi.advanceTimersByTime(10_000);
  expect(connections).toEqual(["lost"]);
  expect(Source.opened).toHaveLength(1);
});

test("a connection that the browser gave up is opened again", () => {
  Source.opened[0]?.fail(Source.CLOSED);
  vi.advanceTimersByTime(10_000);
  Source.opened[1]?.onopen?.();
  expect(connections).toEqual(["lost", "open"]);
});

test("nothing is opened again after the end", () => {
  Source.opened[0]?.fail(Source.CLOSED);
  close();
  vi.advanceTimersByTime(10_000);
  expect(Source.opened).toHaveLength(1);
});
