import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconMoon, IconSun } from "@tabler/icons-react";
import { t } from "@/i18n";

/** Changes between dark and light; until it is used, the page follows the system. */
export function ColourSchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const current = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const other = current === "dark" ? "light" : "dark";
  const label = other === "dark" ? t("Use dark colours") : t("Use light colours");
  return (
    <Tooltip label={label}>
      <ActionIcon size="lg" aria-label={label} onClick={() => setColorScheme(other)}>
        {current === "dark" ? (
          <IconSun size={19} stroke={1.6} />
        ) : (
          <IconMoon size={19} stroke={1.6} />
        )}
      </ActionIcon>
    </Tooltip>
  );
}
