import { screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { aJob } from "@/testing/jobs";
import { show } from "@/testing/render";
import { QueueDrawer } from "./QueueDrawer";

const running = aJob({
  id: "1",
  status: "running",
  progress: { stage: "denoising", step: 5, eta_s: 12 },
});
const waiting = aJob({
  id: "2",
  status: "queued",
  request: { prompt: "a blue star" },
  progress: { queue_position: 1, eta_s: 40 },
});
const last = aJob({
  id: "3",
  status: "queued",
  request: { prompt: "a green star" },
  progress: { queue_position: 2 },
});
const failed = aJob({
  id: "4",
  status: "failed",
  request: { prompt: "a huge square" },
  error: { code: "NEVER_FITS", message: "It can never fit." },
});

const less = {
  order: { kind: "text-to-image", body: { prompt: "a huge square", width: 192, height: 192 } },
  by: "size",
  width: 192,
  height: 192,
} as const;

async function open(change: Partial<Parameters<typeof QueueDrawer>[0]> = {}) {
  const actions = {
    onSelect: vi.fn(),
    onCancel: vi.fn(),
    onRetry: vi.fn(),
    onOrder: vi.fn(),
    onDuplicate: vi.fn(),
    onEdit: vi.fn(),
    onPrioritise: vi.fn(),
    onMove: vi.fn(),
    onPause: vi.fn(),
    onClear: vi.fn(),
    onDismiss: vi.fn(),
  };
  const quiet = {
    active: [],
    failed: [],
    total: 0,
    isPaused: false,
    heldUpBy: null,
    eta_s: null,
    problem: null,
    lessMemory: () => less,
  };
  show(<QueueDrawer {...quiet} {...change} actions={actions} />);
  if (change.active?.some(({ status }) => status === "queued")) {
    await screen.findByRole("list", { name: "Waiting jobs" }); // which is loaded apart
  }
  return { ...actions, user: userEvent.setup() };
}

const button = (name: string) => screen.getByRole("button", { name });

test("cards tell stage, time and place", async () => {
  await open({ active: [running, waiting], eta_s: 40 });
  const [first, second] = screen.getAllByRole("listitem");
  expect(first).toHaveTextContent("a red circleStep 5 of 20about 12 s");
  expect(within(first as HTMLElement).getByRole("progressbar")).toHaveAttribute(
    "aria-valuenow",
    "25",
  );
  expect(second).toHaveTextContent("a blue starNext in lineabout 40 s");
  expect(screen.getByText("All done in 40 s")).toBeVisible();
});

test("each card cancels its own job, once", async () => {
  const { onCancel, user } = await open({
    active: [{ ...running, status: "cancelling" }, waiting],
  });
  await user.click(button("Cancel: a blue star"));
  expect(onCancel).toHaveBeenCalledExactlyOnceWith([waiting]);
  expect(button("Cancel: a red circle")).toBeDisabled();
});

test("a card is moved by keys, and it is said where to", async () => {
  const { onMove, user } = await open({ active: [waiting, last] });
  button("a green star").focus();
  await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
  expect(onMove).toHaveBeenCalledExactlyOnceWith(1, 0);
  expect(screen.getByText("a green star is now number 1 of 2.")).toBeInTheDocument();
  await user.keyboard("{Alt>}{ArrowDown}{/Alt}{ArrowUp}");
  expect(onMove).toHaveBeenCalledTimes(1); // it is the last one, and without Alt nothing moves
});

test("what can be done with a job that waits is in its menu", async () => {
  const { onMove, onEdit, onDuplicate, onPrioritise, user } = await open({
    active: [waiting, last],
  });
  const choose = async (name: string, role: "menuitem" | "menuitemradio" = "menuitem") => {
    await user.click(button("Actions: a green star"));
    await user.click(await screen.findByRole(role, { name }));
  };
  await choose("Do it next");
  await choose("Edit and send again");
  await choose("Duplicate with another seed");
  await choose("Urgent", "menuitemradio");
  expect(onMove).toHaveBeenCalledExactlyOnceWith(1, 0);
  expect(onEdit).toHaveBeenCalledExactlyOnceWith(last);
  expect(onDuplicate).toHaveBeenCalledExactlyOnceWith(last);
  expect(onPrioritise).toHaveBeenCalledExactlyOnceWith(last, "interactive");
});

test("what is left of a batch is cancelled at once", async () => {
  const batch = [waiting, last].map((job) => ({ ...job, batch: "b" }));
  const { onCancel, user } = await open({ active: batch });
  expect(screen.getAllByText("Batch, 2 left")).toHaveLength(2);
  await user.click(button("Actions: a green star"));
  await user.click(await screen.findByRole("menuitem", { name: /the 2 left/ }));
  expect(onCancel).toHaveBeenCalledExactlyOnceWith(batch);
});

test("a queue is paused at once and cleared after a question", async () => {
  const { onPause, onClear, user } = await open({ active: [waiting, last] });
  await user.click(button("Pause the queue"));
  expect(onPause).toHaveBeenCalledExactlyOnceWith(true);
  await user.click(button("Cancel all that wait"));
  expect(onClear).not.toHaveBeenCalled();
  await user.click(await screen.findByRole("button", { name: "Cancel them" }));
  expect(onClear).toHaveBeenCalledOnce();
});

test("a paused queue says so and is resumed", async () => {
  const { onPause, user } = await open({
    active: [waiting],
    isPaused: true,
    heldUpBy: "it is paused",
  });
  expect(screen.getByText(/nothing more starts/)).toBeVisible();
  expect(screen.queryByText(/it is paused/)).toBeNull();
  await user.click(button("Resume the queue"));
  expect(onPause).toHaveBeenCalledExactlyOnceWith(false);
});

test("a job that is held back says why", async () => {
  const reason = "Held back to avoid a model switch, 60 s at the longest.";
  await open({ active: [{ ...waiting, progress: { ...waiting.progress, waiting_for: reason } }] });
  expect(screen.getByText(reason)).toBeVisible();
});

test("a failed job says its cause and the next step", async () => {
  const { onRetry, onOrder, onDismiss, user } = await open({ failed: [failed] });
  expect(screen.getByText("It can never fit.")).toBeVisible();
  expect(screen.getByText("At 192 × 192 pixels it may fit.")).toBeVisible();
  await user.click(button("Retry with less memory: a huge square"));
  await user.click(button("Try again: a huge square"));
  await user.click(button("Dismiss: a huge square"));
  expect(onOrder).toHaveBeenCalledExactlyOnceWith(less.order);
  expect(onRetry).toHaveBeenCalledExactlyOnceWith(failed);
  expect(onDismiss).toHaveBeenCalledExactlyOnceWith([failed]);
});

test("less memory is not offered where there is no way to it", async () => {
  await open({ failed: [failed], lessMemory: () => null });
  expect(screen.queryByRole("button", { name: /less memory/ })).toBeNull();
});

test("many failures are folded, and dismissed together", async () => {
  const many = Array.from({ length: 5 }, (_, index) => ({ ...failed, id: `f${index}` }));
  const { onDismiss, user } = await open({ failed: many });
  expect(screen.getAllByText("It can never fit.")).toHaveLength(3);
  await user.click(button("and 2 more"));
  expect(screen.getAllByText("It can never fit.")).toHaveLength(5);
  await user.click(button("Dismiss all"));
  expect(onDismiss).toHaveBeenCalledExactlyOnceWith(many);
});

test("a queue that is held up says by what, and who else waits is counted", async () => {
  await open({
    active: [waiting],
    total: 3,
    heldUpBy: "the text-to-image service does not answer",
  });
  expect(screen.getByText(/the text-to-image service does not answer/)).toBeVisible();
  expect(screen.getByText("2 of others wait, too.")).toBeVisible();
});
