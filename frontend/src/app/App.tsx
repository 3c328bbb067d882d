import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
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
import { followedJob } from "./staged-job";
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

  const staged = picked ?? followedJob(jobs.active, jobs.history);
  const stagedImage = staged?.images[picked ? selection.image : 0];
  const show = (job: Job, image = 0) => select({ job: job.id, image });
  const follow = () => select({ job: null, image: 0 });

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
            onStarted={follow}
          />
        </aside>
        <main className={classes.centre}>
          {staged ? (
            <Stage
              job={staged}
              imageIndex={picked ? selection.image : 0}
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
            failed={jobs.history.filter(
              ({ status, id }) => status === "failed" && !dismissed.includes(id),
            )}
            heldUpBy={jobs.heldUpBy}
            onSelect={show}
            onCancel={jobs.cancel}
            onRetry={jobs.retry}
            onDismiss={({ id }) => dismiss(id)}
          />
        </aside>
        <div className={classes.history}>
          <Gallery
            jobs={jobs.history}
            selected={staged?.id}
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
