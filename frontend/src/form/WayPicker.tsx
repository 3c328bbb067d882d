import { Stack, Text } from "@mantine/core";
import { useId } from "react";
import { Chips } from "@/components/Chips";
import { t } from "@/i18n";

/** One way to come to a picture. */
export interface WayOffer<Way extends string> {
  way: Way;
  name: string;
  /** What it does, in a sentence. */
  purpose: string;
  /** Why it is not to be had; null when it is. */
  off: string | null;
}

interface WayPickerProps<Way extends string> {
  legend: string;
  offers: readonly WayOffer<Way>[];
  way: Way;
  onChange: (way: Way) => void;
}

/** What to do. What cannot be done stays in sight, with the reason. */
export function WayPicker<Way extends string>(props: WayPickerProps<Way>) {
  const { legend, offers, way, onChange } = props;
  const id = useId();
  const missing = offers.filter(({ off }) => off !== null);
  return (
    <Stack gap={8}>
      <Chips
        legend={legend}
        describedBy={id}
        choices={offers.map(({ way, name, off }) => ({
          value: way,
          label: name,
          isOff: off !== null,
        }))}
        value={way}
        onChange={onChange}
      />
      <div id={id}>
        <Text size="sm" c="dimmed">
          {offers.find((offer) => offer.way === way)?.purpose}
        </Text>
        {missing.map(({ way, name, off }) => (
          <Text key={way} size="xs" c="dimmed" mt={4}>
            {t("{{name}} is off: {{reason}}.", { name, reason: off ?? "" })}
          </Text>
        ))}
      </div>
    </Stack>
  );
}
