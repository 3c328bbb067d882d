import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import type { Job } from "@/api/gen";
import { settingsOf } from "@/api/job";
import { jobQuery } from "@/api/jobs";
import { Gallery } from "@/features/gallery/Gallery";
import { GeneratePanel } from "@/features/generate/GeneratePanel";
import { useDraft } from "@/features/generate/use-draft";
import { QueueDrawer } from "@/features/queue/QueueDrawer";
import { useDismissed } from "@/features/queue/use-dismissed";
import { EmptyStage } from "@/features/stage/EmptyStage";
import { Stage } from "@/features/stage/Stage";
import { Announcer } from "./Announcer";
import classes from "./App.module.css";
import { ConnectionStrip } from "./ConnectionStrip";
import { Header } from "./Header";
import { followedJob, shownImage } from "./staged-job";
import { useJobs } from "./use-jobs";
import { useSelection } from "./use-selection";

/** The studio: the form, the stage with the history below it, and the queue. */
export function App() {
  const jobs = useJobs();
  const { draft, setDraft } = useDraft();
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

  return (
    <>
      <Header activeCount={jobs.active.length} />
      <ConnectionStrip />
      <div className={classes.studio}>
        <aside className={classes.form} aria-label="Settings">
          <GeneratePanel
            draft={draft}
            lastSeed={stagedImage?.seed ?? null}
            onChange={setDraft}
            onStarted={() => stageAt(null, null)}
          />
        </aside>
        <main className={classes.centre} ref={stage}>
          {staged ? (
            <Stage
              job={staged}
              image={stagedImage}
              onPickImage={(image) => show(staged, image)}
              onReuse={(job, seed) => setDraft({ ...settingsOf(job), seed, count: 1 })}
              onRetry={jobs.retry}
              onCancel={jobs.cancel}
            />
          ) : (
            jobs.isLoaded && <EmptyStage />
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
