import base from "./base.css";
import log from "./log.css";
import modes from "./modes.css";
import panel from "./panel.css";

/** The style sheet of the widget; what holds for dark, small and other screens comes last. */
export default [base, panel, log, modes].join("");
