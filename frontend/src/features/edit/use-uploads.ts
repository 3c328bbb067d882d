import { useWindowEvent } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { type Picture, uploadPicture } from "@/api/pictures";

/** Takes pictures from wherever they come: chosen, dropped anywhere on the page, or pasted. */
export function useUploads(onUploaded: (pictures: readonly Picture[]) => void) {
  const [isDragging, setDragging] = useState(false);
  const uploading = useMutation({
    mutationFn: (files: readonly File[]) => uploadAll(files, onUploaded),
  });
  const upload = (files: readonly File[]) => {
    if (files.length > 0) uploading.mutate(files);
  };

  useWindowEvent("paste", ({ clipboardData }) => upload([...(clipboardData?.files ?? [])]));
  useWindowEvent("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    setDragging(true);
  });
  useWindowEvent("dragleave", ({ relatedTarget }) => {
    if (relatedTarget === null) setDragging(false);
  });
  useWindowEvent("drop", (event) => {
    setDragging(false);
    if (event.defaultPrevented) return; // somebody else has taken it
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) event.preventDefault();
    upload(files);
  });
  return {
    isDragging,
    isUploading: uploading.isPending,
    problem: uploading.error?.message,
    upload,
  };
}

/** Keeps what can be kept; fails with what is wrong with each of the others. */
async function uploadAll(
  files: readonly File[],
  onUploaded: (pictures: readonly Picture[]) => void,
): Promise<void> {
  const ends = await Promise.allSettled(files.map(uploadPicture));
  const kept = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
  if (kept.length > 0) onUploaded(kept);
  const reasons = ends.flatMap((end, index) =>
    end.status === "rejected" ? [reasonOf(end.reason, files, index)] : [],
  );
  if (reasons.length > 0) throw new Error(reasons.join(" "));
}

function reasonOf(error: unknown, files: readonly File[], index: number): string {
  const reason = error instanceof Error ? error.message : String(error);
  const name = files[index]?.name;
  return files.length > 1 && name ? `${name}: ${reason}` : reason;
}
