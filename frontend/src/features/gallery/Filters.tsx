import { ActionIcon, Button, Group, NativeSelect, Popover, Stack, TextInput } from "@mantine/core";
import { IconFilter, IconFilterFilled } from "@tabler/icons-react";
import { useState } from "react";
import { conditionsOf, EVERYTHING, type Search } from "@/api/search";
import { KINDS, STATES, WORDS } from "./words";

interface FiltersProps {
  search: Search;
  models: readonly { name: string; title: string }[];
  onSearch: (search: Search) => void;
}

/** What else than words jobs can be found by. */
export function Filters({ search, models, onSearch }: FiltersProps) {
  const [isOpen, setOpen] = useState(false);
  const change = (part: Partial<Search>) => onSearch({ ...search, ...part });
  const count = conditionsOf(search);
  const label = count > 0 ? WORDS.filtersOn(count) : WORDS.filters;
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      width={280}
      trapFocus
      returnFocus
      withinPortal
    >
      <Popover.Target>
        <ActionIcon
          aria-label={label}
          title={label}
          variant={count > 0 ? "light" : "subtle"}
          color={count > 0 ? "verdigris" : "gray"}
          onClick={() => setOpen(!isOpen)}
        >
          {count > 0 ? <IconFilterFilled size={16} /> : <IconFilter size={17} stroke={1.7} />}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={WORDS.filters}>
        <Stack gap="xs">
          <Choice
            label={WORDS.kind}
            any={WORDS.any}
            names={KINDS}
            chosen={search.kinds[0]}
            onChange={(kind) => change({ kinds: kind ? [kind] : [] })}
          />
          <Choice
            label={WORDS.state}
            any={WORDS.any}
            names={STATES}
            chosen={search.states[0]}
            onChange={(state) => change({ states: state ? [state] : [] })}
          />
          <Choice
            label={WORDS.model}
            any={WORDS.anyModel}
            names={Object.fromEntries(models.map(({ name, title }) => [name, title]))}
            chosen={search.models[0]}
            onChange={(model) => change({ models: model ? [model] : [] })}
          />
          <Group grow gap="xs" wrap="nowrap">
            <Day
              label={WORDS.since}
              day={search.since}
              max={search.until}
              onChange={(since) => change({ since })}
            />
            <Day
              label={WORDS.until}
              day={search.until}
              min={search.since}
              onChange={(until) => change({ until })}
            />
          </Group>
          <Button
            variant="default"
            size="compact-sm"
            disabled={count === 0}
            onClick={() => onSearch({ ...EVERYTHING, words: search.words })}
          >
            {WORDS.clear}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  any: string;
  names: Partial<Record<Value, string>>;
  chosen: Value | undefined;
  onChange: (value: Value | null) => void;
}

function Choice<Value extends string>({ label, any, names, chosen, onChange }: ChoiceProps<Value>) {
  const choices = Object.entries<string | undefined>(names);
  return (
    <NativeSelect
      label={label}
      size="xs"
      data={[
        { value: "", label: any },
        ...choices.map(([value, name = value]) => ({ value, label: name })),
      ]}
      value={chosen ?? ""}
      onChange={(event) => onChange((event.currentTarget.value || null) as Value | null)}
    />
  );
}

interface DayProps {
  label: string;
  day: string | null;
  min?: string | null;
  max?: string | null;
  onChange: (day: string | null) => void;
}

function Day({ label, day, min, max, onChange }: DayProps) {
  return (
    <TextInput
      type="date"
      size="xs"
      label={label}
      value={day ?? ""}
      min={min ?? undefined}
      max={max ?? undefined}
      onChange={(event) => onChange(event.currentTarget.value || null)}
    />
  );
}
