import { Stack, Text } from "@mantine/core";
import { useId } from "react";
import { Chips } from "@/components/Chips";
import { WAYS, type Way } from "./task";
import { WORDS } from "./ways";

interface WayPickerProps {
  way: Way;
  /** Why a way is not to be had. */
  whyOff: (way: Way) => string | null;
  onChange: (way: Way) => void;
}

/** What to do with the picture. What cannot be done stays in sight, with the reason. */
export function WayPicker({ way, whyOff, onChange }: WayPickerProps) {
  const id = useId();
  const offers = WAYS.map((way) => ({ way, off: whyOff(way) }));
  const missing = offers.filter(({ off }) => off !== null);
  return (
    <Stack gap={8}>
      <Chips
        legend="What to do"
        describedBy={id}
        choices={offers.map(({ way: value, off }) => ({
          value,
          label: WORDS[value].name,
          isOff: off !== null,
        }))}
        value={way}
        onChange={onChange}
      />
      <div id={id}>
        <Text size="sm" c="dimmed">
          {WORDS[way].purpose}
        </Text>
        {missing.map(({ way, off }) => (
          <Text key={way} size="xs" c="dimmed" mt={4}>
            {WORDS[way].name} is off: {off}.
          </Text>
        ))}
      </div>
    </Stack>
  );
}
