import type { Accessibility } from "@dnd-kit/dom";
import { isSortable } from "@dnd-kit/react/sortable";
import { WORDS } from "./words";

type Options = NonNullable<ConstructorParameters<typeof Accessibility>[1]>;

/** What screen readers hear while a card is dragged; `titles` knows every job that waits, by id. */
export function spokenFor(titles: { readonly current: ReadonlyMap<string, string> }): Options {
  const titleOf = (id: unknown) => titles.current.get(String(id)) ?? "";
  const count = () => titles.current.size;
  return {
    screenReaderInstructions: { draggable: WORDS.keys },
    announcements: {
      dragstart: ({ operation: { source } }) =>
        source ? WORDS.picked(titleOf(source.id)) : undefined,
      dragover: ({ operation: { source } }) =>
        isSortable(source) ? WORDS.over(source.index + 1, count()) : undefined,
      dragend: ({ canceled, operation: { source } }) => {
        if (!isSortable(source)) return undefined;
        if (canceled || source.index === source.initialIndex) return WORDS.kept(titleOf(source.id));
        return WORDS.dropped(titleOf(source.id), source.index + 1, count());
      },
    },
  };
}
