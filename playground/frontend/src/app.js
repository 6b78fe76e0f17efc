import { connectCells } from "./cell.js";
import { followLinks } from "./claims.js";
import { CodeEditor } from "./editor/element.js";
import { watchConnection } from "./connection.js";
import { offerQuestions } from "./questions.js";
import { offerSearch } from "./find.js";
import { OrderLines } from "./order/element.js";
import { offerPasskeys } from "./passkeys.js";
import { ShowMoment, TakeMoment } from "./replay/moments.js";
import { LoopReplay } from "./replay/element.js";
import { CopyLine } from "./replay/copy-line.js";
import { OpenCode } from "./replay/open-code.js";
import { RecordedLoop } from "./replay/recorded.js";
import { LoopTimeline } from "./timeline/element.js";
import { offerKeys } from "./review.js";
import { offerThemes } from "./themes.js";
import { tellZone } from "./zone.js";

customElements.define("code-editor", CodeEditor);
customElements.define("order-lines", OrderLines);
customElements.define("loop-timeline", LoopTimeline);
customElements.define("recorded-loop", RecordedLoop);
customElements.define("loop-replay", LoopReplay);
customElements.define("open-code", OpenCode);
customElements.define("copy-line", CopyLine);
customElements.define("take-moment", TakeMoment);
customElements.define("show-moment", ShowMoment);
connectCells();
followLinks();
// A page that only shows what somebody shared leaves nothing in the browser.
if (document.querySelector("[ws-connect], [data-days], [data-zone]")) tellZone();
watchConnection();
offerPasskeys();
offerSearch();
offerKeys();
offerQuestions();
const theme = document.getElementById("theme");
if (theme) offerThemes(theme); // an embedded page has none
