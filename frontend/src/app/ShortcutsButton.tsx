import { ActionIcon, Tooltip } from "@mantine/core";
import { IconKeyboard } from "@tabler/icons-react";
import { t } from "@/i18n";
import classes from "./Header.module.css";
import { PAGE_KEYS } from "./page-keys";

/** Opens the list of all shortcuts. */
export function ShortcutsButton({ onOpen }: { onOpen: () => void }) {
  return (
    <Tooltip label={`${t("Keys")} (${PAGE_KEYS.help})`}>
      <ActionIcon size="lg" className={classes.keys} aria-label={t("Keys")} onClick={onOpen}>
        <IconKeyboard size={19} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  );
}
