# The Node.js of this slug, its package manager, and the programs of its packages.
export PATH="$HOME/.heroku/node/bin:$PATH:$HOME/bin:$HOME/node_modules/.bin"
export NODE_HOME="$HOME/.heroku/node"
export NODE_ENV="${NODE_ENV:-production}"
# `npm start` must not look for newer versions of itself.
export NO_UPDATE_NOTIFIER="${NO_UPDATE_NOTIFIER:-1}"
export npm_config_update_notifier="${npm_config_update_notifier:-false}"
