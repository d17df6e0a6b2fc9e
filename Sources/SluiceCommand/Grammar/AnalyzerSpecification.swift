package import Analysis
package import Pipeline

/// `-a NAME[:key=value,...]`, taken apart and checked.
package struct AnalyzerSpecification: Sendable {
  package let type: any Analyzer.Type
  package let options: Options
  package let selection: Selection

  /// - Parameter logFolder: where the analyzer puts files of its own; `nil` for the current folder.
  package init(
    _ text: String, registry: AnalyzerRegistry, logFolder: String? = nil
  ) throws(CommandFailure) {
    let bytes = Array(text.utf8)
    let nameEnd = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
    let name = String(decoding: bytes[..<nameEnd], as: UTF8.self)
    guard !name.isEmpty else { throw .usage("-a \(text): a name is missing") }
    type = try registry.find(name)
    do {
      let settings = type.settings + CommonSettings.all
      var values = try Self.values(in: Array(bytes[nameEnd...].dropFirst()), settings: settings)
      selection = try CommonSettings.selection(from: values)
      for key in CommonSettings.keys { values[key] = nil }
      var options = try Options(values, settings: type.settings)
      if let logFolder { options.logFolder = logFolder }
      self.options = options
    } catch {
      throw .usage("-a \(name): \(error)")
    }
  }

  /// The analyzer itself, which may have reasons of its own to refuse.
  package func makeLink() throws(CommandFailure) -> ChainLink {
    do {
      return ChainLink(name: type.name, analyzer: try type.init(options), selection: selection)
    } catch {
      throw .usage("-a \(type.name): \(error)")
    }
  }

  private static func values(
    in text: [UInt8], settings: [Setting]
  ) throws(OptionError) -> [String: [UInt8]] {
    var values: [String: [UInt8]] = [:]
    for piece in try SettingsSplitter.split(text, settings: settings) {
      guard let setting = settings.first(where: { $0.key == piece.key }) else { continue }
      guard values[piece.key] == nil else { throw OptionError("\(piece.key) is given twice") }
      values[piece.key] = try value(of: piece, for: setting)
    }
    return values
  }

  private static func value(
    of piece: SettingsSplitter.Piece, for setting: Setting
  ) throws(OptionError) -> [UInt8] {
    guard let value = piece.value else { return Array("yes".utf8) }
    if piece.isFile { return try content(of: value, for: setting) }
    guard setting.kind == .literal else { return Escapes.resolveText(value) }
    do {
      return try Escapes.resolveLiteral(value)
    } catch {
      throw OptionError("\(piece.key)=\(String(decoding: value, as: UTF8.self)): \(error)")
    }
  }

  /// A literal is the content as it is; of other values the end of the line is no part.
  private static func content(
    of path: [UInt8], for setting: Setting
  ) throws(OptionError) -> [UInt8] {
    do {
      let path = String(decoding: Escapes.resolveText(path), as: UTF8.self)
      var content = try BoundedFile.read(path)
      if setting.kind != .literal, content.last == 10 {
        content.removeLast()
        if content.last == 13 { content.removeLast() }
      }
      return content
    } catch {
      throw OptionError("\(setting.key)@=: \(error)")
    }
  }
}
