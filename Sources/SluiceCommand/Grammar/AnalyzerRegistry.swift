package import Analysis

/// The analyzers that this program has, by name.
package struct AnalyzerRegistry: Sendable {
  /// In the order of their names.
  package let all: [any Analyzer.Type]

  /// One's own take the place of built-in ones of the same name. Throws when two of one's own share
  /// a name, or declare a setting that all analyzers have already.
  package init(builtIn: [any Analyzer.Type], own: [any Analyzer.Type] = []) throws(CommandFailure) {
    var byName: [String: any Analyzer.Type] = [:]
    for type in builtIn { byName[type.name] = type }
    var seen: Set<String> = []
    for type in own {
      guard seen.insert(type.name).inserted else {
        throw .usage("two analyzers are called \(type.name)")
      }
      byName[type.name] = type
    }
    for type in byName.values {
      for setting in type.settings where CommonSettings.keys.contains(setting.key) {
        throw .usage("analyzer \(type.name): all analyzers have a setting \(setting.key) already")
      }
    }
    all = byName.values.sorted { $0.name < $1.name }
  }

  package func find(_ name: String) throws(CommandFailure) -> any Analyzer.Type {
    if let type = all.first(where: { $0.name == name }) { return type }
    let hint = NearestName.hint(for: name, among: all.map { $0.name })
    throw .usage("there is no analyzer '\(name)'\(hint); sluice analyzers lists them")
  }
}
