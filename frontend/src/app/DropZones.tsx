import { Text } from "@mantine/core";
import { useWindowEvent } from "@mantine/hooks";
import { IconArrowsMaximize, IconHistory, IconPhotoPlus } from "@tabler/icons-react";
import { type ComponentType, type DragEvent, useState } from "react";
import { t } from "@/i18n";
import classes from "./DropZones.module.css";

interface DropZonesProps {
  canEdit: boolean;
  canUpscale: boolean;
  onRestore: (file: File) => void;
  onEdit: (file: File) => void;
  onUpscale: (file: File) => void;
}

/** While a file is dragged over the page: where to let it go, by what shall become of it. */
export function DropZones({ canEdit, canUpscale, ...on }: DropZonesProps) {
  const isDragging = useDraggedFile();
  if (!isDragging) return null;
  return (
    <div className={classes.zones}>
      <Zone
        icon={IconHistory}
        title={t("Restore its settings")}
        hint={t("Fills the form as it was for a picture of this studio.")}
        onFile={on.onRestore}
      />
      {canEdit && (
        <Zone
          icon={IconPhotoPlus}
          title={t("Edit it")}
          hint={t("Adds it to the pictures to work on.")}
          onFile={on.onEdit}
        />
      )}
      {canUpscale && (
        <Zone
          icon={IconArrowsMaximize}
          title={t("Upscale it")}
          hint={t("Enlarges it and paints it finer.")}
          onFile={on.onUpscale}
        />
      )}
    </div>
  );
}

interface ZoneProps {
  icon: ComponentType<{ size: number; stroke: number }>;
  title: string;
  hint: string;
  onFile: (file: File) => void;
}

function Zone({ icon: Icon, title, hint, onFile }: ZoneProps) {
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  };
  return (
    // What can be done here by dragging, menus and buttons do as well.
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing but a file is let go here
    <div
      className={classes.zone}
      data-over={isOver || undefined}
      onDragEnter={() => setOver(true)}
      onDragLeave={() => setOver(false)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      <Icon size={30} stroke={1.4} />
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed" ta="center">
        {hint}
      </Text>
    </div>
  );
}

/** Whether a file from elsewhere is being dragged over the page. */
function useDraggedFile(): boolean {
  const [isDragging, setDragging] = useState(false);
  useWindowEvent("dragenter", (event) => {
    if (event.dataTransfer?.types.includes("Files")) setDragging(true);
  });
  // Without it a browser opens the file instead.
  useWindowEvent("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  useWindowEvent("dragleave", ({ relatedTarget }) => {
    if (relatedTarget === null) setDragging(false);
  });
  useWindowEvent("drop", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    setDragging(false);
  });
  return isDragging;
}
