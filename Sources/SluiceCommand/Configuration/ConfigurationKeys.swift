/// What a key of a configuration may be: the long name of an option.
struct ConfigurationKeys {
  /// What speaks of the configuration itself, or asks for something else than a run.
  private static let excluded: Set = [
    "config", "set", "test-config", "dump-config", "version", "help",
  ]

  let options: [OptionList.Option]

  init(_ list: OptionList) {
    options = list.options.filter { !Self.excluded.contains($0.key) }
  }

  func find(
    _ key: String, at place: ConfigurationEntry.Place
  ) throws(CommandFailure) -> OptionList.Option {
    if let option = options.first(where: { $0.key == key }) { return option }
    let short = options.first { $0.names.contains(key) }?.key
    let hint =
      short.map { "; did you mean '\($0)'" }
      ?? NearestName.hint(for: key, among: options.filter { !$0.isHidden }.map(\.key))
    throw CommandFailure(.usage, "\(place): there is no option '\(key)'\(hint)")
  }
}
