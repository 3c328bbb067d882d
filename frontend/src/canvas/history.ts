/** What can be taken back and done again; what is now lies elsewhere. */
export interface History<State> {
  /** Earlier states, the latest last. */
  past: readonly State[];
  /** States that were taken back, the next one last. */
  future: readonly State[];
}

const MOST_STEPS = 100;

/** A history in which nothing was taken back yet. */
export function historyOf<State>(past: readonly State[]): History<State> {
  return { past: past.slice(-MOST_STEPS), future: [] };
}

/** The history once `present` has been left for something new. */
export function recorded<State>({ past }: History<State>, present: State): History<State> {
  return historyOf([...past, present]);
}

interface Step<State> {
  history: History<State>;
  present: State;
}

/** One step back; null at the beginning. */
export function undone<State>({ past, future }: History<State>, present: State) {
  return stepped<State>(past, (past) => ({ past, future: [...future, present] }));
}

/** One step forward again; null where nothing was taken back. */
export function redone<State>({ past, future }: History<State>, present: State) {
  return stepped<State>(future, (future) => ({ past: [...past, present], future }));
}

function stepped<State>(
  states: readonly State[],
  historyOf: (rest: readonly State[]) => History<State>,
): Step<State> | null {
  if (states.length === 0) return null;
  const [present] = states.slice(-1) as [State];
  return { history: historyOf(states.slice(0, -1)), present };
}
