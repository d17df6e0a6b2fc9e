import ArgumentParser
import Foundation

/// The options of a command as its parser knows them, so that they are declared in one place.
struct OptionList {
  struct Option: Hashable {
    /// The long name: the key in a configuration.
    var key: String
    /// Short ones first, without dashes.
    var names: [String]
    var isFlag: Bool
    /// Given several times, the values add up.
    var isRepeatable: Bool
    var valueName: String
    var defaultValue: String?
    var choices: [String]
    var help: String
    var section: String?
    var isHidden: Bool

    /// As in a page of help: `-r, --read FILE`.
    var synopsis: String {
      let name = names.map { ($0.utf8.count == 1 ? "-" : "--") + $0 }.joined(separator: ", ")
      return isFlag ? name : "\(name) \(placeholder)"
    }

    /// Words to choose from stay as they are, what stands for a value is in capitals.
    var placeholder: String {
      if valueName.contains("|") { return valueName }
      let start = valueName.firstIndex(of: "[") ?? valueName.endIndex
      return valueName[..<start].uppercased() + valueName[start...]
    }
  }

  let options: [Option]

  init(_ command: any ParsableArguments.Type) {
    let dump = Data(command._dumpHelp().utf8)
    let tool = try? JSONDecoder().decode(ParserDump.self, from: dump)
    options = tool?.command.arguments?.compactMap(Option.init) ?? []
  }

  /// The option of this long or short name, given without its dashes.
  func find(_ name: String) -> Option? { options.first { $0.names.contains(name) } }
}

/// The part of the parser's own description (`--experimental-dump-help`) that is used.
private struct ParserDump: Decodable {
  struct Command: Decodable {
    var arguments: [Argument]?
  }
  struct Argument: Decodable {
    var kind: String
    var shouldDisplay: Bool
    var sectionTitle: String?
    var isRepeating: Bool
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var allValues: [String]?
    var abstract: String?
  }
  struct Name: Decodable {
    var name: String
  }
  var command: Command
}

extension OptionList.Option {
  fileprivate init?(_ argument: ParserDump.Argument) {
    guard argument.kind != "positional", let names = argument.names?.map(\.name),
      let key = names.first(where: { $0.utf8.count > 1 })
    else { return nil }
    self.key = key
    self.names = names.filter { $0.utf8.count == 1 } + names.filter { $0.utf8.count > 1 }
    isFlag = argument.kind == "flag"
    isRepeatable = argument.isRepeating
    valueName = argument.valueName ?? key
    defaultValue = argument.defaultValue
    choices = argument.allValues ?? []
    help = argument.abstract ?? ""
    section = argument.sectionTitle
    isHidden = !argument.shouldDisplay
  }
}
