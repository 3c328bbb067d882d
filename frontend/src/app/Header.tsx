import { Mark } from "@/components/Mark";
import { ColourSchemeButton } from "./ColourSchemeButton";
import classes from "./Header.module.css";
import { ModeSwitch } from "./ModeSwitch";
import type { Mode } from "./use-forms";

interface HeaderProps {
  mode: Mode;
  onMode: (mode: Mode) => void;
  activeCount: number;
}

/** Name, modes, and on narrow pages the way to the queue. */
export function Header({ mode, onMode, activeCount }: HeaderProps) {
  return (
    <header className={classes.header}>
      <h1 className={classes.brand}>
        <Mark />
        <span className={classes.name}>Limner</span>
      </h1>
      <ModeSwitch mode={mode} onMode={onMode} />
      <div className={classes.end}>
        <a href="#queue" className={classes.queue}>
          Queue{activeCount > 0 && ` (${activeCount})`}
        </a>
        <ColourSchemeButton />
      </div>
    </header>
  );
}
