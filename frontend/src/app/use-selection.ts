import { useCallback, useSyncExternalStore } from "react";

export interface Selection {
  job: string | null;
  /** Which image of the job; null shows the one being painted, or else the first. */
  image: number | null;
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
    const parameters = new URLSearchParams();
    if (job !== null) parameters.set("job", job);
    if (image !== null) parameters.set("image", String(image));
    const query = parameters.size > 0 ? `?${parameters}` : "";
    window.history.replaceState(null, "", window.location.pathname + query);
    window.dispatchEvent(new Event(CHANGED));
  }, []);
  const image = Number.parseInt(parameters.get("image") ?? "", 10);
  return {
    selection: { job: parameters.get("job"), image: Number.isNaN(image) ? null : image },
    select,
  };
}
