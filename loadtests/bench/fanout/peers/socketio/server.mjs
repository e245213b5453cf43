// socket.io as its documentation has it with the Redis adapter; everybody is in one room.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const { PORT, REDIS_URL, ROOM } = process.env;

const publisher = createClient({ url: REDIS_URL });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, { adapter: createAdapter(publisher, subscriber), transports: ["websocket"] });
io.on("connection", (socket) => socket.join(ROOM));
http.listen({ port: Number(PORT), host: "127.0.0.1", backlog: 2048 });
