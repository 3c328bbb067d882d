import { ActionIcon, Tooltip } from "@mantine/core";
import { IconCpu } from "@tabler/icons-react";
import { Mark } from "@/components/Mark";
import { t } from "@/i18n";
import { ColourSchemeButton } from "./ColourSchemeButton";
import classes from "./Header.module.css";
import { LanguageButton } from "./LanguageButton";
import { ModeSwitch } from "./ModeSwitch";
import { ShortcutsButton } from "./ShortcutsButton";
import type { Mode } from "./use-forms";
import { SYSTEM } from "./use-page";

interface HeaderProps {
  mode: Mode;
  onMode: (mode: Mode) => void;
  /** Whether the page about the machine is open. */
  isSystem: boolean;
  activeCount: number;
  onKeys: () => void;
}

/** Name, modes, the way to the page about the machine, and on narrow pages that to the queue. */
export function Header({ mode, isSystem, onMode, activeCount, onKeys }: HeaderProps) {
  return (
    <header className={classes.header}>
      <h1 className={classes.brand}>
        <Mark />
        <span className={classes.name}>Limner</span>
      </h1>
      <ModeSwitch mode={isSystem ? null : mode} onMode={onMode} />
      <div className={classes.end}>
        <a href="#queue" className={classes.queue}>
          {t("Queue")}
          {activeCount > 0 && ` (${activeCount})`}
        </a>
        <Tooltip label={t("System")}>
          <ActionIcon
            component="a"
            href={SYSTEM}
            aria-label={t("System")}
            aria-current={isSystem ? "page" : undefined}
            variant={isSystem ? "light" : "subtle"}
            color={isSystem ? "verdigris" : "gray"}
          >
            <IconCpu size={19} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
        <ShortcutsButton onOpen={onKeys} />
        <LanguageButton />
        <ColourSchemeButton />
      </div>
    </header>
  );
}
