import { VisuallyHidden } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Job } from "@/api/gen";
import { announcement } from "./announcement";

/** Tells screen readers when a job starts and how it ends. */
export function Announcer({ jobs }: { jobs: readonly Job[] }) {
  const known = useRef(new Map<string, Job["status"]>());
  const [text, setText] = useState("");
  useEffect(() => {
    const news = jobs
      .map((job) => announcement(known.current.get(job.id), job))
      .filter((line) => line !== null);
    known.current = new Map(jobs.map((job) => [job.id, job.status]));
    if (news.length > 0) setText(news.join(". "));
  }, [jobs]);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {text}
    </VisuallyHidden>
  );
}
