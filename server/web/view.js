// What is on the screen. Names and titles come from people: they are only ever set as text.

const FEED_LENGTH = 20;
const CONNECTION = { live: "live", connecting: "connecting", away: "the server is catching its breath" };

const $ = (id) => document.getElementById(id);
const figure = (value) => value.toLocaleString();

export function showConnection(state) {
  $("connection").dataset.state = state;
  $("connection").textContent = CONNECTION[state];
}

export function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = text === "";
}

export function render(raid) {
  $("raid").hidden = false;
  $("title").textContent = raid.title;
  $("description").textContent = raid.description ?? "";
  $("status").textContent = statusOf(raid);
  bar("xp", raid.currentXp, raid.targetXp);
  bar("tasks", raid.currentTasks, raid.targetTasks);
  const members = [...raid.members.values()].sort((a, b) => b.xpContributed - a.xpContributed);
  $("members").replaceChildren(...members.map((member) => memberLine(member, raid)));
}

/** A line in the feed for what people did. */
export function note(event, data, raid) {
  const text = told(event, data, raid);
  if (text === null) return;
  const time = element("time", new Date(data.at).toLocaleTimeString());
  const line = element("li", "");
  line.append(element("span", text), time);
  $("feed").prepend(line);
  while ($("feed").children.length > FEED_LENGTH) $("feed").lastElementChild.remove();
}

function told(event, data, raid) {
  switch (event) {
    case "contribution": return `${raid.nameOf(data.userId)} +${figure(data.xp)} XP`;
    case "contribution_voided": return `${raid.nameOf(data.userId)} took back ${figure(data.xp)} XP`;
    case "member_join": return `${data.username} joined`;
    case "raid_start": return `${raid.title} began`;
    case "raid_complete": return `${raid.title} is complete`;
    case "raid_failed": return `${raid.title} failed`;
    case "raid_cancelled": return `${raid.title} was cancelled`;
    default: return null;
  }
}

function statusOf(raid) {
  const ends = raid.deadline ? `, until ${new Date(raid.deadline).toLocaleString()}` : "";
  return raid.status === "active" ? `under way${ends}` : raid.status;
}

function bar(id, current, target) {
  $(id).max = Math.max(target, 1);
  $(id).value = target === 0 ? 1 : Math.min(current, target);
  $(`${id}-figure`).textContent = `${figure(current)} of ${figure(target)}`;
}

function memberLine(member, raid) {
  const name = member.userId === raid.leaderId ? `${member.username} (leads)` : member.username;
  const line = element("li", "");
  const who = element("span", name);
  if (member.isOnline) who.className = "online";
  line.append(who, element("span", `${figure(member.xpContributed)} XP, ${figure(member.tasksContributed)} tasks`));
  return line;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
