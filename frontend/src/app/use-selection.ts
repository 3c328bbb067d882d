import { useCallback, useSyncExternalStore } from "react";

export interface Selection {
  job: string | null;
  image: number;
}

const CHANGED = "limner:selection";

function subscribe(onChange: () => void) {
  window.addEventListener("popstate", onChange);
  window.addEventListener(CHANGED, onChange);
  return () => {
    window.removeEventListener("popstate", onChange);
    window.removeEventListener(CHANGED, onChange);
  };
}

/** The picture picked by hand, kept in the address so that it survives a reload; none follows the work. */
export function useSelection() {
  const query = useSyncExternalStore(subscribe, () => window.location.search);
  const parameters = new URLSearchParams(query);
  const select = useCallback((selection: Selection) => {
    const { job, image } = selection;
    const address = job === null ? "/" : `/?job=${encodeURIComponent(job)}&image=${image}`;
    window.history.replaceState(null, "", address);
    window.dispatchEvent(new Event(CHANGED));
  }, []);
  const image = Number(parameters.get("image") ?? 0);
  return {
    selection: { job: parameters.get("job"), image: Number.isInteger(image) ? image : 0 },
    select,
  };
}
