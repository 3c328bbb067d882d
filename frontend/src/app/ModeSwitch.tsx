import { Tooltip, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { capabilitiesQuery, capabilityNamed } from "@/api/capabilities";
import { capitalised } from "@/components/words";
import { t } from "@/i18n";
import classes from "./ModeSwitch.module.css";
import { isEditKnown } from "./offers";
import type { Mode } from "./use-forms";

interface ModeSwitchProps {
  /** The one that is open; null while another page is. */
  mode: Mode | null;
  onMode: (mode: Mode) => void;
}

/** The two things one can do. Editing stays in sight, with the reason, while no service has ever offered it. */
export function ModeSwitch({ mode, onMode }: ModeSwitchProps) {
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const edit = capabilities && capabilityNamed(capabilities, "edit");
  const isOff = !isEditKnown(capabilities);
  const reason = capitalised(edit?.reason ?? t("the edit service is not running"));
  const currentIf = (own: Mode) => (own === mode ? "page" : undefined);
  return (
    <nav className={classes.modes} aria-label={t("Mode")}>
      <UnstyledButton
        className={classes.mode}
        aria-current={currentIf("generate")}
        onClick={() => onMode("generate")}
      >
        {t("Generate")}
      </UnstyledButton>
      <Tooltip label={reason} disabled={!isOff} events={{ hover: true, focus: true, touch: true }}>
        <UnstyledButton
          className={classes.mode}
          aria-current={currentIf("edit")}
          aria-disabled={isOff || undefined}
          aria-description={isOff ? reason : undefined}
          onClick={() => !isOff && onMode("edit")}
        >
          {t("Edit")}
        </UnstyledButton>
      </Tooltip>
    </nav>
  );
}
