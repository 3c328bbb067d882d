import { useLocalStorage, useWindowEvent } from "@mantine/hooks";
import { chordOf, isTyping } from "@/components/chord";
import { type PageAct, pageActOf } from "./page-keys";

/** Where on the page a key leads to: the field that has this attribute. */
const FIELDS = { prompt: "[data-key=prompt]", search: "[data-key=search]" } as const;

/** Does what the keys of the page stand for, unless somebody types, or a menu or a window is open. */
export function useShortcuts(acts: Readonly<Record<"help" | "generate" | "edit", () => void>>) {
  const { isOn } = useSingleKeys();
  const does: Record<PageAct, () => void> = {
    ...acts,
    prompt: () => focusOn(FIELDS.prompt),
    search: () => focusOn(FIELDS.search),
  };
  useWindowEvent("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || isTyping(event.target) || isCovered()) return;
    const act = pageActOf(chordOf(event));
    // Whoever has switched them off still finds the way to switch them on.
    if (!act || !(isOn || act === "help")) return;
    event.preventDefault();
    does[act]();
  });
}

/** Whether single characters are shortcuts; who dictates may not want that (WCAG 2.1.4). */
export function useSingleKeys() {
  const [isOn, setOn] = useLocalStorage({ key: "limner.single-keys", defaultValue: true });
  return { isOn, setOn };
}

function focusOn(field: string) {
  const found = [...document.querySelectorAll<HTMLElement>(field)].find(
    (each) => each.offsetParent !== null,
  );
  found?.scrollIntoView({ block: "nearest" });
  found?.focus();
}

function isCovered(): boolean {
  return document.querySelector("[role=dialog], [role=menu]") !== null;
}
