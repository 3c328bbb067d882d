import { Button, Input, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { t } from "@/i18n";
import { Cards } from "./Card";
import { ControlCard } from "./ControlCard";
import { CANNY, kindInWords, MAX_CONTROLS, withControl } from "./controls";
import { changed, without } from "./list";
import { type EditTask, usedControls } from "./task";
import type { Editing } from "./use-edit";
import { featureOf, kindsOf } from "./ways";

interface ControlFieldsProps {
  task: EditTask;
  editing: Editing;
  onChange: (part: Partial<EditTask>) => void;
}

/** What the new picture keeps to. */
export function ControlFields({ task, editing, onChange }: ControlFieldsProps) {
  const { service, lacks, controlImages, run } = editing;
  const controls = usedControls(task);
  const kinds = (service ? kindsOf(service) : []).map((kind) => ({
    kind,
    off: lacks(featureOf(kind)),
  }));
  const missing = kinds.filter(({ off }) => off !== null);
  const usual = kinds.find(({ off }) => off === null)?.kind ?? CANNY;
  return (
    <Input.Wrapper label={t("Controls")} labelElement="div" error={run.errorOf("controls")}>
      <Stack gap={10}>
        {task.pictures.length === 0 && (
          <Text size="xs" c="dimmed">
            {t("Add a picture above, and the new one can keep to it.")}
          </Text>
        )}
        {task.pictures.length > 0 &&
          missing.map(({ kind, off }) => (
            <Text key={kind} size="xs" c="dimmed">
              {t("{{name}} is off: {{reason}}.", { name: kindInWords(kind), reason: off ?? "" })}
            </Text>
          ))}
        <Cards label={t("Controls")}>
          {controls.map((control, index) => (
            <li key={control.id}>
              <ControlCard
                control={control}
                name={t("Control {{index}}", { index: index + 1 })}
                field={`controls.${index}`}
                pictures={task.pictures}
                kinds={kinds}
                made={controlImages[index]?.made}
                errorOf={run.errorOf}
                onChange={(part) => onChange({ controls: changed(controls, control.id, part) })}
                onRemove={() => onChange({ controls: without(controls, control.id) })}
              />
            </li>
          ))}
        </Cards>
        {task.pictures.length > 0 && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={15} stroke={1.8} />}
            disabled={controls.length >= MAX_CONTROLS}
            onClick={() => onChange({ controls: withControl(controls, usual) })}
          >
            {t("Add a control")}
          </Button>
        )}
      </Stack>
    </Input.Wrapper>
  );
}
