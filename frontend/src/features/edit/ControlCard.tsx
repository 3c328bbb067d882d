import { Input, Stack } from "@mantine/core";
import type { ControlImage } from "@/api/gen";
import type { Picture } from "@/api/pictures";
import { Chips } from "@/components/Chips";
import { ImageFrame } from "@/components/ImageFrame";
import { SliderField } from "@/components/SliderField";
import { capitalised } from "@/components/words";
import type { FieldName } from "@/form/obstacles";
import { t } from "@/i18n";
import { Card } from "./Card";
import { ControlSpan } from "./ControlSpan";
import {
  CONTEXT,
  type ControlTask,
  INPAINT,
  kindInWords,
  nounOf,
  pictureOf,
  SCALES,
} from "./controls";
import { ThresholdFields } from "./ThresholdFields";

interface ControlCardProps {
  control: ControlTask;
  name: string;
  /** What the API calls it. */
  field: `controls.${number}`;
  pictures: readonly Picture[];
  /** Those that the studio knows of, with the reason where one is not to be had. */
  kinds: readonly { kind: string; off: string | null }[];
  /** The control image that was made from a photograph. */
  made: ControlImage | undefined;
  errorOf: (field: FieldName) => string | undefined;
  onChange: (part: Partial<ControlTask>) => void;
  onRemove: () => void;
}

/** One control: which picture is what, and how strongly and when it holds. */
export function ControlCard(props: ControlCardProps) {
  const { control, name, field, pictures, kinds, made, errorOf, onChange, onRemove } = props;
  const { kind, source, scale } = control;
  const noun = nounOf(kind);
  const already = kind === CONTEXT ? t("a control image") : noun;
  return (
    <Card name={name} onRemove={onRemove}>
      <KindPicker
        name={name}
        kind={kind}
        kinds={kinds}
        error={errorOf(`${field}.kind`)}
        onChange={(kind) => onChange({ kind })}
      />
      {kind !== INPAINT && (
        <Input.Wrapper
          label={t("The picture is")}
          labelElement="div"
          error={errorOf(`${field}.image`) ?? errorOf(`${field}.preprocess`)}
        >
          <Stack gap={6}>
            {pictures.length > 1 && (
              <Chips
                legend={t("Picture of {{name}}", { name })}
                choices={pictures.map(({ id }, index) => ({
                  value: id,
                  label: t("Picture {{index}}", { index: index + 1 }),
                }))}
                value={pictureOf(control, pictures)?.id ?? ""}
                onChange={(picture) => onChange({ picture })}
              />
            )}
            <Chips
              legend={t("What the picture of {{name}} is", { name })}
              choices={[
                { value: "photo", label: t("A photo: make {{noun}} from it", { noun }) },
                {
                  value: "made",
                  label: t("{{name}} already", { name: capitalised(already) }),
                },
              ]}
              value={source}
              onChange={(source) => onChange({ source })}
            />
          </Stack>
        </Input.Wrapper>
      )}
      {made && (
        <ImageFrame
          src={made.url}
          alt={t("The {{noun}} found in the picture", { noun })}
          width={made.width}
          height={made.height}
        />
      )}
      <ThresholdFields control={control} onChange={onChange} />
      <SliderField
        label={t("Hold")}
        hint={t("how strongly the {{noun}} hold the painting", { noun })}
        min={SCALES[0]}
        max={SCALES[1]}
        step={0.05}
        value={scale}
        error={errorOf(`${field}.scale`)}
        onChange={(scale) => onChange({ scale })}
      />
      {kind !== CONTEXT && (
        <ControlSpan
          control={control}
          name={name}
          error={errorOf(field) ?? errorOf(`${field}.start`) ?? errorOf(`${field}.end`)}
          onChange={onChange}
        />
      )}
    </Card>
  );
}

interface KindPickerProps {
  name: string;
  kind: string;
  kinds: ControlCardProps["kinds"];
  error: string | undefined;
  onChange: (kind: string) => void;
}

/** What is read from the picture. What cannot be stays in sight; the list of controls says why. */
function KindPicker({ name, kind, kinds, error, onChange }: KindPickerProps) {
  return (
    <Input.Wrapper label={t("Keeps to")} labelElement="div" error={error}>
      <Chips
        legend={t("What {{name}} keeps to", { name })}
        choices={kinds.map(({ kind, off }) => ({
          value: kind,
          label: kindInWords(kind),
          isOff: off !== null,
        }))}
        value={kind}
        onChange={onChange}
      />
    </Input.Wrapper>
  );
}
