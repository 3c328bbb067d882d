/** A key as a keyboard event tells it. */
export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** What is held down, in one word: "B", "?", "Alt+ArrowUp", "Ctrl+Shift+Z"; on a Mac its own key is Ctrl. */
export function chordOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Pressed): string {
  const isCommand = ctrlKey || metaKey;
  const held = [
    isCommand && "Ctrl",
    altKey && "Alt",
    // Elsewhere it is how a character comes about, and differs between keyboards.
    shiftKey && isCommand && "Shift",
    key.length === 1 ? key.toUpperCase() : key,
  ];
  return held.filter((each) => each !== false).join("+");
}

/** The keys of a chord, as they are written on keyboards. */
export function keysOf(chord: string, isMac: boolean): string[] {
  const keys = chord.split(/\+(?=.)/);
  const [command, option] = isMac ? ["⌘", "⌥"] : ["Ctrl", "Alt"];
  const names: Readonly<Record<string, string>> = {
    Ctrl: command,
    Alt: option,
    ArrowUp: "↑",
    ArrowDown: "↓",
    ArrowLeft: "←",
    ArrowRight: "→",
    Escape: "Esc",
  };
  return keys.map((key) => names[key] ?? key);
}

/** Whether somebody writes there, so that a character is no shortcut. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !SWITCHES.has(target.type);
  return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName);
}

const SWITCHES = new Set(["checkbox", "radio", "button", "range", "file"]);
