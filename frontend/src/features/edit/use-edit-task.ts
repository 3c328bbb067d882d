import { useSessionStorage } from "@mantine/hooks";
import { type EditTask, EMPTY_TASK, isGuided } from "./task";

/** The edit mode's form; it survives a reload of the tab. */
export function useEditTask() {
  const [task, setTask] = useSessionStorage<EditTask>({
    key: "limner.edit",
    defaultValue: EMPTY_TASK,
    getInitialValueInEffect: false,
    // What an older page stored may lack a field.
    deserialize: (stored) => withEditWay({ ...EMPTY_TASK, ...JSON.parse(stored ?? "{}") }),
  });
  return { task, setTask };
}

// Which guided way is open is kept elsewhere.
function withEditWay(task: EditTask): EditTask {
  return isGuided(task.way) ? { ...task, way: EMPTY_TASK.way } : task;
}
