import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useRef } from "react";
import type { Job } from "@/api/gen";
import { jobQuery } from "@/api/jobs";
import { Gallery } from "@/features/gallery/Gallery";
import { GeneratePanel } from "@/features/generate/GeneratePanel";
import { QueueDrawer } from "@/features/queue/QueueDrawer";
import { useDismissed } from "@/features/queue/use-dismissed";
import { EmptyStage } from "@/features/stage/EmptyStage";
import { Stage } from "@/features/stage/Stage";
import { Announcer } from "./Announcer";
import classes from "./App.module.css";
import { ConnectionStrip } from "./ConnectionStrip";
import { Header } from "./Header";
import { followedJob, shownImage } from "./staged-job";
import { type Mode, useForms } from "./use-forms";
import { useJobs } from "./use-jobs";
import { useSelection } from "./use-selection";

// Its canvas and fields are no part of the first load.
const EditPanel = lazy(async () => ({
  default: (await import("@/features/edit/EditPanel")).EditPanel,
}));

const HINTS: Record<Mode, string> = {
  generate: "Describe a picture and press Generate.",
  edit: "Add a picture and say what shall become of it.",
};

/** The studio: the form, the stage with the history below it, and the queue. */
export function App() {
  const jobs = useJobs();
  const settings = useRef<HTMLElement>(null);
  const forms = useForms(() => settings.current?.scrollIntoView());
  const { dismissed, dismiss } = useDismissed();
  const { selection, select } = useSelection();
  const { data: picked } = useQuery(jobQuery(selection.job));
  useDocumentTitle(jobs.active.length > 0 ? `(${jobs.active.length}) Limner` : "Limner");

  const undismissed = jobs.history.filter(({ id }) => !dismissed.includes(id));
  const staged = picked ?? followedJob(jobs.active, undismissed);
  const stagedImage = staged && shownImage(staged, picked ? selection.image : null);
  const stage = useRef<HTMLElement>(null);
  const stageAt = (job: string | null, image: number | null) => {
    select({ job, image });
    stage.current?.scrollIntoView({ block: "nearest" });
  };
  const show = (job: Job, image: number | null = null) => stageAt(job.id, image);
  const form = {
    draft: forms.draft,
    lastSeed: stagedImage?.seed ?? null,
    onDraft: forms.setDraft,
    onStarted: () => stageAt(null, null),
  };

  return (
    <>
      <Header mode={forms.mode} onMode={forms.setMode} activeCount={jobs.active.length} />
      <ConnectionStrip />
      <div className={classes.studio}>
        <aside className={classes.form} ref={settings} aria-label="Settings">
          {forms.mode === "edit" ? (
            <Suspense>
              <EditPanel {...form} task={forms.task} onTask={forms.setTask} />
            </Suspense>
          ) : (
            <GeneratePanel {...form} />
          )}
        </aside>
        <main className={classes.centre} ref={stage}>
          {staged ? (
            <Stage
              job={staged}
              image={stagedImage}
              onPickImage={(image) => show(staged, image)}
              onEdit={forms.edit}
              onUpscale={forms.upscale}
              onReuse={(job, seed) => void forms.reuse(job, seed)}
              onRetry={jobs.retry}
              onCancel={jobs.cancel}
            />
          ) : (
            jobs.isLoaded && <EmptyStage hint={HINTS[forms.mode]} />
          )}
        </main>
        <aside className={classes.queue} id="queue" aria-label="Queue">
          <QueueDrawer
            active={jobs.active}
            failed={undismissed.filter(({ status }) => status === "failed")}
            heldUpBy={jobs.heldUpBy}
            problem={jobs.problem}
            onSelect={show}
            onCancel={jobs.cancel}
            onRetry={jobs.retry}
            onDismiss={({ id }) => dismiss(id)}
          />
        </aside>
        <div className={classes.history}>
          <Gallery
            jobs={jobs.history}
            shown={stagedImage?.id}
            hasMore={jobs.hasMore}
            isLoading={jobs.isLoadingMore}
            onMore={jobs.showMore}
            onSelect={show}
          />
        </div>
      </div>
      <Announcer jobs={jobs.history} />
    </>
  );
}
