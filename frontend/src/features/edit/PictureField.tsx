import { ActionIcon, Button, FileButton, Input, Text, Tooltip } from "@mantine/core";
import { IconPhotoPlus, IconX } from "@tabler/icons-react";
import { useRef } from "react";
import type { Picture } from "@/api/pictures";
import { t } from "@/i18n";
import classes from "./PictureField.module.css";
import {
  type EditTask,
  takesSeveral,
  usedPictures,
  welcomesSeveral,
  withAdded,
  withPictures,
} from "./task";
import { useUploads } from "./use-uploads";

interface PictureFieldProps {
  task: EditTask;
  error: string | undefined;
  onChange: (change: (task: EditTask) => EditTask) => void;
}

/** The pictures to work on, and the ways to bring one. */
export function PictureField({ task, error, onChange }: PictureFieldProps) {
  const uploads = useUploads((added) => onChange((task) => withAdded(task, added)));
  const reset = useRef<() => void>(null);
  const pictures = usedPictures(task);
  const isSeveral = takesSeveral(task.way);
  const remove = (picture: Picture) =>
    onChange((task) =>
      withPictures(
        task,
        task.pictures.filter(({ id }) => id !== picture.id),
      ),
    );
  return (
    <Input.Wrapper label={labelOf(task)} labelElement="div" error={uploads.problem ?? error}>
      <div className={classes.tray} data-dragging={uploads.isDragging || undefined}>
        {pictures.map((picture, index) => (
          <figure key={picture.id} className={classes.item}>
            <img
              src={picture.url}
              alt={t("{{width}} × {{height}} pixels", {
                width: picture.width,
                height: picture.height,
              })}
            />
            {isSeveral && <figcaption>{t("Picture {{index}}", { index: index + 1 })}</figcaption>}
            <Tooltip label={t("Remove")}>
              <ActionIcon
                className={classes.remove}
                variant="default"
                size="sm"
                aria-label={t("Remove picture {{index}}", { index: index + 1 })}
                onClick={() => remove(picture)}
              >
                <IconX size={14} stroke={1.8} />
              </ActionIcon>
            </Tooltip>
          </figure>
        ))}
        <div className={classes.add}>
          <FileButton
            accept="image/png,image/jpeg,image/webp"
            multiple={welcomesSeveral(task.way)}
            resetRef={reset}
            onChange={(chosen) => {
              uploads.upload([chosen ?? []].flat());
              reset.current?.(); // so that the same file can be chosen again
            }}
          >
            {(props) => (
              <Button
                {...props}
                variant={pictures.length > 0 ? "default" : "light"}
                size="xs"
                loading={uploads.isUploading}
                leftSection={<IconPhotoPlus size={17} stroke={1.7} />}
              >
                {welcomesSeveral(task.way) || pictures.length === 0
                  ? t("Add a picture")
                  : t("Take another")}
              </Button>
            )}
          </FileButton>
          <Text size="xs" c="dimmed">
            {uploads.isDragging ? t("Let go to add it") : t("or drop or paste one anywhere")}
          </Text>
        </div>
      </div>
    </Input.Wrapper>
  );
}

function labelOf({ way }: EditTask): string {
  if (way === "entities") return t("Picture to start from, if any");
  return takesSeveral(way) ? t("Pictures") : t("Picture");
}
