import { Stack, Text, Title } from "@mantine/core";
import { Mark } from "@/components/Mark";
import classes from "./EmptyStage.module.css";
import { WORDS } from "./words";

/** What the stage shows before there is anything to show. */
export function EmptyStage({ hint }: { hint: string }) {
  return (
    <Stack className={classes.empty} align="center" justify="center" gap="sm">
      <Mark size={52} />
      <Title order={2} className={classes.title}>
        {WORDS.emptyTitle}
      </Title>
      <Text c="dimmed" ta="center" maw={360}>
        {hint} {WORDS.emptyHint}
      </Text>
    </Stack>
  );
}
