import { useWindowEvent } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { type Picture, uploadPicture } from "@/api/pictures";

/** Takes pictures from wherever they come: chosen, dropped anywhere on the page, or pasted. */
export function useUploads(onUploaded: (pictures: readonly Picture[]) => void) {
  const [isDragging, setDragging] = useState(false);
  const uploading = useMutation({
    mutationFn: (files: readonly File[]) => Promise.all(files.map(uploadPicture)),
    onSuccess: onUploaded,
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
