import { Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { modelsQuery } from "@/api/system";
import { Chips } from "@/components/Chips";
import { ModelCard } from "./ModelCard";
import classes from "./Models.module.css";
import { FILTERS, type Filter, inOrder, isShown } from "./models";
import panel from "./SystemPage.module.css";
import { WORDS } from "./words";

/** Every model that is here or can be fetched. */
export function Models() {
  const { data, error } = useQuery(modelsQuery);
  const [filter, setFilter] = useState<Filter>("all");
  const shown = inOrder(data?.models ?? []).filter((model) => isShown(model, filter));
  return (
    <section className={`${panel.panel} ${panel.wide}`} aria-label={WORDS.models}>
      <div className={classes.head}>
        <Title order={3} className={panel.heading}>
          {WORDS.models}
        </Title>
        <Chips
          legend={WORDS.show}
          choices={FILTERS.map((value) => ({ value, label: WORDS.filters[value] }))}
          value={filter}
          onChange={setFilter}
        />
      </div>
      {error && (
        <Text size="sm" c="var(--alarm)" role="status">
          {WORDS.noModels(error.message)}
        </Text>
      )}
      {data && (
        <Text size="xs" c="dimmed">
          {WORDS.modelsFor(data.device)}
        </Text>
      )}
      <ul className={classes.list}>
        {shown.map((model) => (
          <ModelCard key={model.name} model={model} />
        ))}
      </ul>
    </section>
  );
}
