import { Input, Stack } from "@mantine/core";
import type { ControlImage } from "@/api/gen";
import type { Picture } from "@/api/pictures";
import { Chips } from "@/components/Chips";
import { ImageFrame } from "@/components/ImageFrame";
import { SliderField } from "@/components/SliderField";
import { capitalised } from "@/components/words";
import type { FieldName } from "@/form/obstacles";
import { Card } from "./Card";
import { ControlSpan } from "./ControlSpan";
import { CONTEXT, type ControlTask, INPAINT, nounOf, pictureOf, SCALES } from "./controls";
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
  const already = kind === CONTEXT ? "a control image" : noun;
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
          label="The picture is"
          labelElement="div"
          error={errorOf(`${field}.image`) ?? errorOf(`${field}.preprocess`)}
        >
          <Stack gap={6}>
            {pictures.length > 1 && (
              <Chips
                legend={`Picture of ${name}`}
                choices={pictures.map(({ id }, index) => ({
                  value: id,
                  label: `Picture ${index + 1}`,
                }))}
                value={pictureOf(control, pictures)?.id ?? ""}
                onChange={(picture) => onChange({ picture })}
              />
            )}
            <Chips
              legend={`What the picture of ${name} is`}
              choices={[
                { value: "photo", label: `A photo: make ${noun} from it` },
                { value: "made", label: `${capitalised(already)} already` },
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
          alt={`The ${noun} found in the picture`}
          width={made.width}
          height={made.height}
        />
      )}
      <ThresholdFields control={control} onChange={onChange} />
      <SliderField
        label="Hold"
        hint={`how strongly the ${noun} hold the painting`}
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
    <Input.Wrapper label="Keeps to" labelElement="div" error={error}>
      <Chips
        legend={`What ${name} keeps to`}
        choices={kinds.map(({ kind, off }) => ({
          value: kind,
          label: capitalised(kind),
          isOff: off !== null,
        }))}
        value={kind}
        onChange={onChange}
      />
    </Input.Wrapper>
  );
}
