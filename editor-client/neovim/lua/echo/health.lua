--- `:checkhealth echo`.

local config = require('echo.config')
local server = require('echo.server')

local M = {}

local function check_neovim()
  if vim.fn.has('nvim-0.11') == 1 then
    vim.health.ok('Neovim ' .. tostring(vim.version()))
  else
    vim.health.error('Neovim 0.11 or newer is needed; this is ' .. tostring(vim.version()))
  end
  vim.health.info(
    config.uses_builtin() and 'proposals are drawn by Neovim itself'
      or 'proposals are drawn by this plugin'
  )
end

local function check_programs()
  local command = server.command()
  if not command then
    vim.health.error('echo-lsp was not found on the path', {
      'install Echo (see its README), or',
      "say where it is: require('echo').setup({ cmd = { '/path/to/.venv/bin/echo-lsp' } })",
    })
  elseif vim.fn.executable(command[1]) ~= 1 then
    vim.health.error(command[1] .. ' cannot be run', { 'look at `cmd` in your setup' })
  else
    vim.health.ok('server: ' .. table.concat(command, ' '))
  end
  if server.program('echoctl') then
    vim.health.ok('echoctl: ' .. server.program('echoctl'))
  else
    vim.health.warn('echoctl was not found: snooze, forget, pause and logs need it')
  end
end

local function check_server()
  local client = server.any_client()
  if not client then
    vim.health.info('no file is open that Echo was started for')
    return
  end
  local status = server.status
  if status.kind == 'ready' then
    vim.health.ok('ready')
  elseif status.kind == 'off' or status.kind == 'loading' or status.kind == 'starting' then
    vim.health.info(status.kind .. (status.message ~= '' and ': ' .. status.message or ''))
  else
    vim.health.error(
      status.message ~= '' and status.message or status.kind,
      { 'run `echoctl doctor` in a terminal' }
    )
  end
end

local function check_keys()
  local keys = config.current.keymaps
  if not keys or not keys.accept then
    vim.health.info("no key takes a proposal: map one to require('echo').accept()")
    return
  end
  local mapping = vim.fn.maparg(keys.accept, 'i', false, true) --[[@as table]]
  if mapping.desc and vim.startswith(mapping.desc, 'Echo') then
    vim.health.ok(keys.accept .. ' takes a proposal')
  else
    vim.health.warn(('%s was mapped again by something else'):format(keys.accept), {
      "call require('echo').setup() behind it: Echo then does what the key did before where "
        .. 'nothing is proposed',
    })
  end
end

function M.check()
  vim.health.start('Echo')
  check_neovim()
  check_programs()
  check_server()
  check_keys()
end

return M
