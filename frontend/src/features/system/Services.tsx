import { Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { capabilitiesQuery } from "@/api/capabilities";
import { partsQuery } from "@/api/system";
import { capitalised } from "@/components/words";
import classes from "./Services.module.css";
import panel from "./SystemPage.module.css";
import { serviceInWords, WORDS } from "./words";

/** Every part of the studio, and how it is. */
export function Services() {
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const { data: readiness, error } = useQuery(partsQuery);
  const off = capabilities?.capabilities.filter(({ available }) => !available) ?? [];
  const reasons = new Map(off.map(({ name, reason }) => [name, reason]));
  const parts = readiness?.parts ?? [];
  const named = new Set(parts.map(({ name }) => name));
  const others = (capabilities?.capabilities ?? []).filter(({ name }) => !named.has(name));
  return (
    <section className={panel.panel} aria-label={WORDS.services}>
      <Title order={3} className={panel.heading}>
        {WORDS.services}
      </Title>
      {error && (
        <Text size="sm" c="var(--alarm)" role="status">
          {error.message}
        </Text>
      )}
      <ul className={classes.list}>
        {parts.map(({ name, ready, detail }) => (
          <Part key={name} name={name} isWell={ready} reason={reasons.get(name) ?? detail} />
        ))}
        {others.map(({ name, available, reason }) => (
          <Part key={name} name={name} isWell={available} reason={reason ?? ""} />
        ))}
      </ul>
    </section>
  );
}

interface PartProps {
  name: string;
  isWell: boolean;
  reason: string;
}

function Part({ name, isWell, reason }: PartProps) {
  return (
    <li className={classes.part}>
      <span className={classes.light} data-well={isWell || undefined} aria-hidden />
      <span>{serviceInWords(name)}</span>
      <span className={classes.state}>{isWell ? WORDS.well : capitalised(reason)}</span>
    </li>
  );
}
