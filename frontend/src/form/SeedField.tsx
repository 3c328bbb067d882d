import { ActionIcon, Group, NumberInput, Tooltip } from "@mantine/core";
import { IconDice5, IconLock, IconLockOpen2 } from "@tabler/icons-react";
import { t } from "@/i18n";
import { drawSeed } from "./draft";

interface SeedFieldProps {
  seed: number | null;
  /** The seed of the picture on the stage: what locking holds on to. */
  lastSeed: number | null;
  error: string | undefined;
  onChange: (seed: number | null) => void;
}

/** Chance or a fixed seed: the same seed and settings paint the same picture. */
export function SeedField({ seed, lastSeed, error, onChange }: SeedFieldProps) {
  const isLocked = seed !== null;
  const draw = () => onChange(drawSeed(Math.random));
  const toggle = () => onChange(isLocked ? null : (lastSeed ?? drawSeed(Math.random)));
  return (
    <NumberInput
      label={t("Seed")}
      placeholder={t("new for each run")}
      value={seed ?? ""}
      error={error}
      hideControls
      allowNegative={false}
      allowDecimal={false}
      onChange={(typed) => onChange(typed === "" ? null : Number(typed))}
      rightSectionWidth={68}
      rightSection={
        <Group gap={2} wrap="nowrap">
          <Tooltip label={t("Draw a seed and keep it")}>
            <ActionIcon aria-label={t("Draw a seed")} onClick={draw}>
              <IconDice5 size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
          <Tooltip
            label={
              isLocked
                ? t("Let each run draw its own seed")
                : t("Keep the seed of the picture shown")
            }
          >
            <ActionIcon
              aria-label={t("Lock the seed")}
              aria-pressed={isLocked}
              color={isLocked ? "verdigris" : "gray"}
              variant={isLocked ? "light" : "subtle"}
              onClick={toggle}
            >
              {isLocked ? (
                <IconLock size={18} stroke={1.6} />
              ) : (
                <IconLockOpen2 size={18} stroke={1.6} />
              )}
            </ActionIcon>
          </Tooltip>
        </Group>
      }
    />
  );
}
