# Runs the filters of a Logstash pipeline on events, as far as the pipelines of this repository use them.
# stdin: {"filters": [as logstash-configuration.ts parses them], "events": [hashes, with @metadata]}, as JSON.
# stdout: for each event {"id": the document's, "document": hash} or {"raised": what would stop the pipeline for ever}.
require 'json'
require 'time'

module LogStash
  class InvalidFieldSet < RuntimeError; end
  class IllegalSyntax < RuntimeError; end
  class InvalidTagsType < RuntimeError; end
  class TimestampParserError < StandardError; end

  class Timestamp
    def initialize(text)
      @text =
        case text
        when nil then Time.now.utc.iso8601(3)
        when String then Time.iso8601(text).utc.iso8601(3)
        else raise TypeError, "wrong argument type #{text.class} (expected Time)"
        end
    rescue ArgumentError => e
      raise TimestampParserError, e.message
    end

    def to_s = @text
    def to_json(*) = @text.to_json
  end

  # By logstash-core 9.2.0: Event.java, Accessors.java, FieldReference.java.
  class Event
    attr_reader :data, :metadata

    def initialize(data)
      @metadata = data.delete('@metadata') || {}
      @data = data
    end

    def get(name)
      path, key, root = parse(name)
      parent = parent_of(root, path)
      parent.nil? ? nil : fetch(parent, key)
    end

    def set(name, value)
      path, key, root = parse(name)
      illegal = path.first == 'tags' || (path.empty? && key == 'tags' && root.equal?(@data) && !tags?(value))
      raise InvalidTagsType, "#{name} is #{value.class}" if illegal
      raise TypeError, "wrong argument type #{value.class} (expected LogStash::Timestamp)" if
        path.empty? && key == '@timestamp' && !value.is_a?(Timestamp)
      put(path.reduce(root) { |target, part| child(target, part) }, key, value)
      value
    end

    def remove(name)
      path, key, root = parse(name)
      parent = parent_of(root, path)
      case parent
      when Hash then parent.delete(key)
      when Array then index(key) && parent.delete_at(index(key))
      end
    end

    def tag(name) = (@data['tags'] = Array(@data['tags']) | [name])
    def to_hash = @data.dup
    def to_json(*) = JSON.generate(quoted(@data))

    private

    # Jackson writes numbers that JSON has not as texts.
    def quoted(value)
      case value
      when Hash then value.transform_values { |each| quoted(each) }
      when Array then value.map { |each| quoted(each) }
      when Float then value.finite? ? value : value.to_s
      else value
      end
    end

    def parse(name)
      parts = name.start_with?('[') ? name[1..-2].split('][', -1) : [name]
      raise IllegalSyntax, "Invalid FieldReference: `#{name}`" if
        parts.any? { |part| part.empty? || part.match?(/[\[\]]/) } || (name.start_with?('[') && !name.end_with?(']'))
      root = parts.first == '@metadata' ? @metadata : @data
      parts.shift if root.equal?(@metadata)
      [parts[0..-2], parts.last, root]
    end

    def tags?(value) = value.nil? || value.is_a?(String) || (value.is_a?(Array) && value.all?(String))
    def index(key) = Integer(key, 10, exception: false)
    def fetch(target, key) = target.is_a?(Hash) ? target[key] : (index(key) && target[index(key)])

    def parent_of(root, path)
      path.reduce(root) do |target, part|
        found = fetch(target, part)
        return nil unless found.is_a?(Hash) || found.is_a?(Array)
        found
      end
    end

    def child(target, part)
      # ClassCastException in Java: fetch takes anything but a map for a list.
      raise InvalidFieldSet, "no field #{part} of a #{target.class}" unless target.is_a?(Hash) || target.is_a?(Array)
      found = fetch(target, part)
      found.nil? ? put(target, part, {}) : found
    end

    def put(target, key, value)
      case target
      when Hash then target[key] = value
      when Array then target[index(key)] = value if index(key)
      else raise InvalidFieldSet, "Could not set field '#{key}' on object '#{target}'"
      end
      value
    end
  end
end

# logstash-filter-ruby
def ruby(settings)
  eval(settings['init']) if settings['init'] # rubocop:disable Security/Eval
  code = eval("lambda { |event| #{settings['code']} }") # rubocop:disable Security/Eval
  lambda do |event|
    code.call(event)
  rescue Exception => e # rubocop:disable Lint/RescueException
    warn "#{e.class}: #{e.message}"
    event.tag('_rubyexception')
  end
end

# logstash-filter-mutate: what is to be changed first, what every filter does to an event at its end.
def mutate(settings)
  rules = (settings['gsub'] || []).each_slice(3).map { |name, pattern, by| [name, Regexp.new(pattern), by] }
  lambda do |event|
    (settings['replace'] || {}).each { |name, value| event.set(name, value) }
    rules.each do |name, pattern, by|
      value = event.get(name)
      event.set(name, value.gsub(pattern, by)) if value.is_a?(String)
      event.set(name, value.map { |each| each.is_a?(String) ? each.gsub(pattern, by) : each }) if value.is_a?(Array)
    end
    (settings['remove_field'] || []).each { |name| event.remove(name) }
  rescue StandardError => e
    warn "#{e.class}: #{e.message}"
    event.tag('_mutate_error')
  end
end

# What conditions of these pipelines look at: tags, one of several.
def condition(texts)
  sets = texts.map do |text|
    raise "Unknown condition: #{text}" unless text.match?(/\A"\w+"in\[tags\](or"\w+"in\[tags\])*\z/)
    text.scan(/"(\w+)"/).flatten
  end
  ->(event) { sets.all? { |tags| (Array(event.get('tags')) & tags).any? } }
end

$stdin.set_encoding('UTF-8')
input = JSON.parse($stdin.read)
filters = input['filters'].map do |filter|
  [condition(filter['conditions']), { 'ruby' => method(:ruby), 'mutate' => method(:mutate) }
    .fetch(filter['name']).call(filter['settings'])]
end
input['events'].each do |data|
  event = LogStash::Event.new(data)
  event.set('@timestamp', LogStash::Timestamp.new(event.get('@timestamp')))
  filters.each { |applies, filter| filter.call(event) if applies.call(event) }
  puts JSON.generate({ id: event.get('[@metadata][id]'), document: JSON.parse(event.to_json, max_nesting: false) }, max_nesting: false)
rescue StandardError => e
  puts JSON.generate({ raised: "#{e.class}: #{e.message}" })
end
