import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { capabilitiesQuery } from "@/api/capabilities";
import type { Job, JobImage } from "@/api/gen";
import { jobQuery } from "@/api/jobs";
import { lessMemoryOf } from "@/api/less-memory";
import { EVERYTHING } from "@/api/search";
import type { PictureActions } from "@/components/picture-actions";
import { useDismissed } from "@/features/queue/use-dismissed";
import { isEditKnown, modelOf, modelsOf, offsOf } from "./offers";
import { followedJob, shownImage } from "./staged-job";
import { useCanvasOfWay, useView } from "./use-centre";
import { useDeletion } from "./use-deletion";
import { useForms } from "./use-forms";
import { useHistory } from "./use-history";
import { useJobActions } from "./use-job-actions";
import { usePlacing } from "./use-placing";
import { useQueue } from "./use-queue";
import { useReplacing } from "./use-replacing";
import { useRestore } from "./use-restore";
import { useSearch } from "./use-search";
import { useSelection } from "./use-selection";

const FAILED = { ...EVERYTHING, states: ["failed"] } as const;

/** Puts together what the parts of the page show and do. */
export function useStudio() {
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const offs = offsOf(capabilities);
  const settings = useRef<HTMLElement>(null);
  const centre = useRef<HTMLElement>(null);
  const view = useView();
  const forms = useForms(() => {
    view.setView("canvas");
    settings.current?.scrollIntoView();
  });
  useCanvasOfWay(forms, view.setView);

  const queue = useQueue();
  const actions = useJobActions(queue.waiting);
  const replacing = useReplacing(queue.waiting, forms, actions);
  const restoring = useRestore(forms, offs.edit === null);
  const deletion = useDeletion();
  const { search, settled, setSearch } = useSearch();
  const latest = useHistory(EVERYTHING, deletion.hidden);
  const failures = useHistory(FAILED, deletion.hidden);
  const found = useHistory(settled, deletion.hidden);
  const { dismissed, dismiss } = useDismissed();

  const { selection, select } = useSelection();
  const [compared, setCompared] = useState<JobImage | null>(null);
  const { data: picked } = useQuery(jobQuery(selection.job));
  const undismissed = latest.jobs.filter(({ id }) => !dismissed.includes(id));
  const isGone = picked && deletion.hidden.has(picked.id);
  const staged = (isGone ? undefined : picked) ?? followedJob(queue.active, undismissed);
  const image = staged && shownImage(staged, picked ? selection.image : null);

  const stageAt = (job: string | null, image: number | null) => {
    select({ job, image });
    view.setView("result");
    centre.current?.scrollIntoView({ block: "nearest" });
  };
  const show = (job: Job, image: number | null = null) => {
    if (compared && job.images.some(({ id }) => id === compared.id)) setCompared(null);
    stageAt(job.id, image);
  };
  const model = (job: Job) => modelOf(capabilities, job);
  const lessMemory = (job: Job) => {
    const its = model(job);
    return its ? lessMemoryOf(job, its) : null;
  };
  const pictureActions: PictureActions = {
    ...usePlacing(forms),
    onCompare: (_, image) => {
      setCompared(image);
      view.setView("result");
      centre.current?.scrollIntoView({ block: "nearest" });
    },
    onVary: actions.vary,
    onBatch: (batch) => setSearch({ ...EVERYTHING, batch }),
    onStar: actions.star,
    onDelete: deletion.remove,
    offs,
  };

  return {
    settings,
    centre,
    view,
    forms,
    isEditKnown: isEditKnown(capabilities),
    replacing,
    told: [...queue.active, ...latest.jobs],
    form: {
      lastSeed: image?.seed ?? null,
      onStarted: (job?: Job) => {
        replacing.sent(job);
        stageAt(null, null);
      },
    },
    stage: staged && {
      job: staged,
      image,
      compared: compared?.id === image?.id ? null : compared,
      latest: latest.jobs,
      onPickImage: (index: number) => show(staged, index),
      onSelect: show,
      onEndComparing: () => setCompared(null),
      onRetry: actions.retry,
      onCancel: (job: Job) => actions.cancel([job]),
      actions: pictureActions,
    },
    queue: {
      ...queue,
      failed: failures.jobs.filter(({ id }) => !dismissed.includes(id)),
      problem: actions.problem,
      lessMemory,
      actions: {
        onSelect: show,
        onCancel: actions.cancel,
        onRetry: actions.retry,
        onOrder: actions.order,
        onDuplicate: actions.duplicate,
        onEdit: replacing.edit,
        onPrioritise: actions.prioritise,
        onMove: actions.move,
        onPause: actions.pause,
        onClear: actions.clear,
        onDismiss: (jobs: readonly Job[]) => dismiss(jobs.map(({ id }) => id)),
      },
    },
    history: {
      isLoaded: latest.isLoaded,
      gallery: {
        ...found,
        shown: image?.id,
        search,
        isSearching: JSON.stringify(search) !== JSON.stringify(EVERYTHING),
        models: modelsOf(capabilities),
        onSearch: setSearch,
        onMore: found.showMore,
        onAgain: found.again,
        onSelect: show,
        onFile: restoring.restore,
        actions: pictureActions,
      },
    },
    drops: {
      canEdit: offs.edit === null,
      canUpscale: offs.upscale === null,
      onRestore: restoring.restore,
      onEdit: restoring.edit,
      onUpscale: restoring.upscale,
    },
  };
}
