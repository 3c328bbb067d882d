import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { InspectedImage } from "@/api/gen";
import { inspectPicture, type Picture, uploadPicture } from "@/api/pictures";
import { type EditTask, withAdded } from "@/features/edit/task";
import { toUpscaling } from "@/features/edit/upscale";
import { t } from "@/i18n";
import type { useForms } from "./use-forms";

type Forms = Pick<ReturnType<typeof useForms>, "reuse" | "takePrompt" | "place">;

interface Adding {
  file: File;
  change: (task: EditTask, picture: Picture) => EditTask;
}

const NOTICE = "restored";
const PATIENCE_MS = 12_000;

/** Fills the form as it was for a picture, from its file; says what could not be had again. */
export function useRestore(forms: Forms, canEdit: boolean) {
  const adding = useMutation({
    mutationFn: async ({ file, change }: Adding) => {
      const picture = await uploadPicture(file);
      forms.place((task) => change(task, picture));
    },
    onSuccess: () => notifications.hide(NOTICE),
    onError: ({ message }) => tell(t("Not added"), message),
  });
  const edit = (file: File) =>
    adding.mutate({ file, change: (task, one) => withAdded(task, [one]) });
  const restoring = useMutation({
    mutationFn: async (file: File) => {
      const found = await inspectPicture(file);
      await fill(forms, found);
      return found;
    },
    onSuccess: (found) => tell(t("Settings restored"), shortfallOf(found)),
    onError: ({ message }, file) =>
      notifications.show({
        id: NOTICE,
        color: "orpiment",
        title: t("Nothing to restore"),
        autoClose: PATIENCE_MS,
        message: (
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm">{message}</Text>
            {canEdit && (
              <Button variant="light" size="compact-sm" flex="none" onClick={() => edit(file)}>
                {t("Edit it instead")}
              </Button>
            )}
          </Group>
        ),
      }),
  });
  return {
    restore: (file: File) => restoring.mutate(file),
    edit,
    upscale: (file: File) => adding.mutate({ file, change: toUpscaling }),
  };
}

function tell(title: string, message: string) {
  notifications.show({ id: NOTICE, title, message, autoClose: PATIENCE_MS });
}

async function fill(forms: Forms, { kind, request, seed, missing_images }: InspectedImage) {
  const asked = { kind, request };
  // Without its pictures an edit is not the same one, but its words and numbers still serve.
  if (missing_images.length > 0) forms.takePrompt(asked);
  else await forms.reuse(asked, { seed });
}

/** What of a picture's request cannot be had again, in a sentence. */
export function shortfallOf({ missing_images, dropped_fields }: InspectedImage): string {
  const lacks = [
    missing_images.length > 0 &&
      t("Only the prompt: the pictures that it was made from are not here."),
    dropped_fields.length > 0 &&
      t("Left out, for it means nothing here: {{fields}}.", { fields: dropped_fields.join(", ") }),
  ].filter((lack) => lack !== false);
  return lacks.join(" ") || t("Send it to paint the same picture again.");
}
