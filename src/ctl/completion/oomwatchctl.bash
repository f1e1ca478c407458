# bash completion for oomwatchctl(1)

_oomwatchctl_values()
{
	# What has been killed so far answers best what may be asked for.
	oomwatchctl --quiet --json=short --lines=500 list 2>/dev/null |
		grep -oE '"(comm|unit|name|user_unit)":"[A-Za-z0-9@:._/-]+"' | cut -d'"' -f4 | sort -u
}

# Candidates for $cur: what an option's value may be goes behind its =. bash breaks words at = : and @ and replaces only
# $text, the end of $cur, so that what stands before it must not be in a candidate.
_oomwatchctl_offer()
{
	local i
	mapfile -t COMPREPLY < <(compgen "$@" -- "${cur#"$option"}")
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=$option${COMPREPLY[i]}
		COMPREPLY[i]=${COMPREPLY[i]#"${cur%"$text"}"}
	done
}

_oomwatchctl()
{
	local cur= prev verb= word option= text=$2 line=${COMP_LINE:0:COMP_POINT}
	local verbs='list info follow stats explain report selftest schema'
	local options='--since= --until= --lines= --reverse --quiet --no-pager --json= --directory= --file= --root= --socket=
		--exec= --html --output= --help --version'
	local -a words
	COMPREPLY=()
	read -ra words <<<"$line"
	[[ $line == *[[:blank:]] ]] || cur=${words[${#words[@]} - 1]}
	[[ $line == *[[:blank:]] ]] || unset 'words[${#words[@]}-1]'
	prev=${words[${#words[@]} - 1]}
	for word in "${words[@]:1}"; do
		case " $verbs " in *" $word "*) verb=$word && break ;; esac
	done
	[[ $cur == --*=* ]] && option=${cur%%=*}=
	case $option$prev in
	--json=*) _oomwatchctl_offer -W 'short pretty off' && return ;;
	--since=* | --until=* | -S | -U) _oomwatchctl_offer -W 'today yesterday now -1h -1d -1week' && return ;;
	--directory=* | --root=* | -D) compopt -o filenames 2>/dev/null; _oomwatchctl_offer -d && return ;;
	--file=* | --socket=* | --output=* | -o) compopt -o filenames 2>/dev/null; _oomwatchctl_offer -f && return ;;
	--*=* | -n) return ;;
	esac
	if [[ $cur == -* ]]; then
		_oomwatchctl_offer -W "$options"
		[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null
		return
	fi
	case $verb in
	'') _oomwatchctl_offer -W "$verbs" ;;
	explain) compopt -o filenames 2>/dev/null; _oomwatchctl_offer -f ;;
	selftest | schema) ;;
	*) _oomwatchctl_offer -W "$(_oomwatchctl_values)" ;;
	esac
}
complete -F _oomwatchctl oomwatchctl
