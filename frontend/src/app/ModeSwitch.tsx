import { Tooltip, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { capabilitiesQuery, capabilityNamed } from "@/api/capabilities";
import { capitalised } from "@/components/words";
import classes from "./ModeSwitch.module.css";

/** The two things one can do. A mode whose service is down stays in sight, with the reason. */
export function ModeSwitch() {
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const edit = capabilities && capabilityNamed(capabilities, "edit");
  const reason = capitalised(edit?.reason ?? "the edit service is not running");
  return (
    <nav className={classes.modes} aria-label="Mode">
      <UnstyledButton className={classes.mode} aria-current="page">
        Generate
      </UnstyledButton>
      <Tooltip label={reason} events={{ hover: true, focus: true, touch: true }}>
        <UnstyledButton className={classes.mode} aria-disabled="true" aria-description={reason}>
          Edit
        </UnstyledButton>
      </Tooltip>
    </nav>
  );
}
