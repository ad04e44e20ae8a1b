# The application with its framework; which process runs is the command's choice:
#   node scheduler.ts    node queues.ts
FROM node:26-slim

WORKDIR /app

# The manifests come first, so that a change of code does not install anew. Each
# workspace has a line: npm ci compares them all with the lock file. What is
# optional is Node itself, which this image has.
COPY package.json package-lock.json .npmrc ./
COPY packages/equipage/package.json packages/equipage/
# npm links a command only if its file is there.
COPY packages/equipage/bin packages/equipage/bin
RUN npm ci --omit=dev --omit=optional && npm cache clean --force

COPY . .

# A new volume takes its owner from here.
RUN mkdir -p storage && chown node:node storage
VOLUME /app/storage
USER node

# Exec form: Node is the process that SIGTERM reaches.
CMD ["node", "scheduler.ts"]
