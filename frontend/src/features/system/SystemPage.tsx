import { Text, Title } from "@mantine/core";
import { Activity } from "./Activity";
import { Memory } from "./Memory";
import { Models } from "./Models";
import { Services } from "./Services";
import classes from "./SystemPage.module.css";
import { WORDS } from "./words";

/** A plain page about the card: who holds it, who waits for it, and which models there are. */
export function SystemPage() {
  return (
    <main className={classes.page}>
      <div className={classes.wide}>
        <Title order={2} className={classes.title}>
          {WORDS.title}
        </Title>
        <Text size="sm" c="dimmed">
          {WORDS.intro}
        </Text>
      </div>
      <Memory />
      <div className={classes.side}>
        <Services />
        <Activity />
      </div>
      <Models />
    </main>
  );
}
